/** A letter: a heading, what stands below it, paragraphs. */
export interface Letter {
  readonly letterhead: string
  readonly title: string
  /** `[label, value]` */
  readonly facts: readonly (readonly [string, string])[]
  readonly paragraphs: readonly string[]
  readonly signature: string
}

/** A4 in points. */
const page = { width: 595, height: 842, margin: 64 }
/** Characters of 11-point Helvetica that surely fit between the margins. */
const lineLength = 84

/**
 * A small PDF with real text in it: pages of Helvetica, as every reader has it. ISO 32000-1, chapters 7 and 9.
 * The same letter always gives the same bytes.
 */
export function pdfOf(letter: Letter): Buffer {
  const lines = layOut(letter)
  const pages: Line[][] = []
  let top = 0
  for (const line of lines) {
    if (pages.length === 0 || top - line.below < page.margin) {
      pages.push([])
      top = page.height - page.margin
    }
    pages.at(-1)!.push({ ...line, y: top })
    top -= line.below
  }
  const fonts = { regular: 3, bold: 4 }
  const kids = pages.map((_, n) => `${5 + 2 * n} 0 R`)
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids.join(' ')}] /Count ${pages.length} >>`,
    ...['Helvetica', 'Helvetica-Bold'].map(
      (name) => `<< /Type /Font /Subtype /Type1 /BaseFont /${name} /Encoding /WinAnsiEncoding >>`,
    ),
    ...pages.flatMap((content, n) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${page.width} ${page.height}] /Contents ${6 + 2 * n} 0 R ` +
        `/Resources << /Font << /F1 ${fonts.regular} 0 R /F2 ${fonts.bold} 0 R >> >> >>`,
      stream(content.map(drawn).join('\n')),
    ]),
  ]
  return file(objects)
}

interface Line {
  readonly text: string
  readonly size: number
  readonly bold: boolean
  readonly below: number
  readonly y?: number
}

function layOut({ letterhead, title, facts, paragraphs, signature }: Letter): Line[] {
  const plain = (text: string, below = 15): Line => ({ text, size: 11, bold: false, below })
  const paragraph = (text: string) => {
    const lines = wrapped(text)
    return lines.map((line, n) => plain(line, n === lines.length - 1 ? 24 : 15))
  }
  return [
    { text: letterhead, size: 10, bold: false, below: 40 },
    { text: title, size: 17, bold: true, below: 32 },
    ...facts.map(([label, value], n) => plain(`${label}: ${value}`, n === facts.length - 1 ? 30 : 15)),
    ...paragraphs.flatMap(paragraph),
    plain(signature),
  ]
}

function wrapped(text: string): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!
    if (line.length + word.length < lineLength) lines[lines.length - 1] = line ? `${line} ${word}` : word
    else lines.push(word)
  }
  return lines
}

function drawn({ text, size, bold, y }: Line): string {
  const escaped = text.replace(/[\\()]/g, '\\$&')
  return `BT /${bold ? 'F2' : 'F1'} ${size} Tf ${page.margin} ${y} Td (${escaped}) Tj ET`
}

function stream(content: string): string {
  return `<< /Length ${Buffer.byteLength(content, 'latin1')} >>\nstream\n${content}\nendstream`
}

function file(objects: readonly string[]): Buffer {
  let text = '%PDF-1.4\n%\u00e2\u00e3\u00cf\u00d3\n'
  const offsets = objects.map((object, n) => {
    const offset = text.length
    text += `${n + 1} 0 obj\n${object}\nendobj\n`
    return offset
  })
  const start = text.length
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}`
  text += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`
  // WinAnsi and Latin-1 agree on everything that the letters hold, so one character is one byte.
  return Buffer.from(text, 'latin1')
}
