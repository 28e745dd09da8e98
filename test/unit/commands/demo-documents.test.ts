import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inflateSync } from 'node:zlib'
import { documentsOf } from '../../../src/commands/demo/documents.ts'
import { cases, doctors } from '../../../src/commands/demo/hospital.ts'
import { pdfOf } from '../../../src/commands/demo/pdf.ts'

const letter = {
  letterhead: 'Lakeside (north)',
  title: 'Letter',
  facts: [['Patient', 'Tomás Ferreira']],
  paragraphs: Array.from({ length: 40 }, () => 'A paragraph of some length that fills lines. '.repeat(6).trim()),
  signature: 'Dr. Okafor',
} as const

test('every offset in the table of a PDF leads to its object, on as many pages as it takes', () => {
  const text = pdfOf(letter).toString('latin1')
  const start = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(text)![1])
  assert.ok(text.slice(start).startsWith('xref\n0 '))
  const offsets = [...text.slice(start).matchAll(/^(\d{10}) 00000 n $/gm)].map(([, offset]) => Number(offset))
  offsets.forEach((offset, n) => assert.ok(text.slice(offset).startsWith(`${n + 1} 0 obj\n`)))
  const pages = Number(/\/Count (\d+)/.exec(text)![1])
  assert.ok(pages > 1)
  assert.equal(offsets.length, 4 + 2 * pages)
  assert.ok(text.includes('(Lakeside \\(north\\)) Tj'))
  for (const [, length, content] of text.matchAll(/\/Length (\d+) >>\nstream\n([\s\S]*?)\nendstream/g)) {
    assert.equal(content!.length, Number(length))
  }
})

test('the documents of the demo are the same each time, and each is what it says it is', () => {
  for (const found of cases) {
    const doctor = doctors.find(({ key }) => key === found.doctor)!
    const documents = documentsOf(found, doctor)
    assert.deepEqual(documents, documentsOf(found, doctor))
    for (const { contentType, bytes } of documents) {
      if (contentType === 'application/pdf') assert.equal(bytes.subarray(0, 5).toString(), '%PDF-')
      if (contentType !== 'image/png') continue
      const data = bytes.indexOf('IDAT')
      const pixels = inflateSync(bytes.subarray(data + 4, data + 4 + bytes.readUInt32BE(data - 4)))
      assert.equal(pixels.length, 260 * 901)
    }
  }
})
