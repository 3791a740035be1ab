/**
 * How many failure domains must agree, by the number configured. A table, since a formula here is easy to get wrong and
 * hard to see wrong. Rule beside it: two disjoint majorities of one electorate are impossible, 2 × majority > domains.
 */
const majorityOf = { 1: 1, 2: 2, 3: 2, 4: 3, 5: 3, 6: 4, 7: 4, 8: 5, 9: 5 } as const satisfies Record<number, number>;

/** The largest electorate that a configuration may name. */
export const domainsMax = 9;

/** The majority of `domains` configured failure domains. Range: 1 to 9; config is refused outside it. */
export function majority(domains: number): number {
  const votes = (majorityOf as Readonly<Record<number, number>>)[domains];
  if (votes === undefined) throw new RangeError(`an electorate has 1 to ${domainsMax} domains, not ${domains}`);
  return votes;
}
