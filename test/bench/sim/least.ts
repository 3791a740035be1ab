/** Where the least stands of the numbers from `from` up to, without, `to`; of equal ones, the first. */
export function indexOfLeast(values: Float64Array, from = 0, to = values.length): number {
  let least = from;
  for (let index = from + 1; index < to; index += 1) {
    if ((values[index] as number) < (values[least] as number)) least = index;
  }
  return least;
}
