/** Where the least of some numbers stands; of equal ones, the first. */
export function indexOfLeast(values: Float64Array): number {
  let least = 0;
  for (let index = 1; index < values.length; index += 1) {
    if ((values[index] as number) < (values[least] as number)) least = index;
  }
  return least;
}
