import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "..", "..");

export const byName = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** Every TypeScript file of ours, tests included, as paths from the root with forward slashes. */
export function sources(folder?: string): string[] {
  const roots = folder === undefined ? ["packages", "services", "test"] : [folder];
  const isForeign = (path: string): boolean => /(^|[/\\])(node_modules|dist|\.sluice)$/.test(path);
  const paths = roots.flatMap((each) => globSync(`${each}/**/*.ts`, { cwd: root, exclude: isForeign }));
  return paths.map((path) => path.replaceAll("\\", "/")).sort(byName);
}

export const read = (path: string): string => readFileSync(join(root, path), "utf8");
export const readJson = (path: string): unknown => JSON.parse(read(path));

/** Tests, and what stands beside the code for tests alone: `x.test.ts`, `test-client.ts`. Such code may look at everything. */
export const isTest = (path: string): boolean => /\.test\.ts$|\/test-[^/]*\.ts$/.test(path);

/** The text without its comments. Good enough for the laws' word searches: `//` after a colon or a quote is a URL's. */
export const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|[^:"'`])\/\/.*$/gm, "$1");

/** What a file imports, by its text: static, re-exported, dynamic, types too. */
export function importsOf(text: string): string[] {
  const pattern = /(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']/g;
  return [...withoutComments(text).matchAll(pattern)].flatMap((match) => (match[1] === undefined ? [] : [match[1]]));
}
