/** A bar a row, from 0 to 100 %. */
export function chart(rows: readonly { readonly name: string; readonly share: number }[]): string {
  const [left, width, step] = [250, 320, 26];
  const bars = rows.map(({ name, share }, index) => {
    const y = 10 + index * step;
    return [
      `<text x="${left - 8}" y="${y + 13}" text-anchor="end">${name.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</text>`,
      `<rect x="${left}" y="${y}" width="${width}" height="18" fill="#eee"/>`,
      `<rect x="${left}" y="${y}" width="${(share * width).toFixed(1)}" height="18" fill="#2b6cb0"/>`,
      `<text x="${left + width + 8}" y="${y + 13}">${(100 * share).toFixed(1)} %</text>`,
    ].join('');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width + 70} ${20 + rows.length * step}" role="img" font-family="system-ui, sans-serif" font-size="12" fill="#444"><title>Share of comparisons with the counted outcome</title>
<rect width="100%" height="100%" fill="#fff"/>
${bars.join('\n')}
</svg>
`;
}
