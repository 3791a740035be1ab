/** Rows under a heading, each column as wide as its widest cell; numbers are right, words left. */
export function formatTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heading.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const isNumeric = heading.map((_, column) => rows.every((row) => /^[\d.,≤–-]/.test(row[column] ?? "")));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        isNumeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [heading, widths.map((width) => "─".repeat(width)), ...rows].map(line).join("\n");
}
