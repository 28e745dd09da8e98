import { crc32, deflateSync } from 'node:zlib'

const width = 900
const height = 260
const palette = { paper: [255, 250, 248], grid: [247, 205, 200], curve: [20, 30, 60] } as const
const colours = Object.keys(palette) as (keyof typeof palette)[]

/** A resting ECG strip as a PNG, `rate` in beats a minute. https://www.w3.org/TR/png/ */
export function ecgImage(rate: number): Buffer {
  const pixels = Buffer.alloc(height * (width + 1), colours.indexOf('paper'))
  const draw = (x: number, y: number, colour: keyof typeof palette) => {
    if (y >= 0 && y < height) pixels[y * (width + 1) + 1 + x] = colours.indexOf(colour)
  }
  for (let y = 0; y < height; y++) pixels[y * (width + 1)] = 0
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) if (x % 20 === 0 || y % 20 === 0) draw(x, y, 'grid')
  }
  // 200 pixels are a second.
  const beat = (60 / rate) * 200
  const yAt = (x: number) => Math.round(height * 0.6 - 110 * beatAt((x % beat) / beat))
  for (let x = 0; x < width; x++) {
    const [from, to] = [yAt(Math.max(0, x - 1)), yAt(x)].sort((a, b) => a - b) as [number, number]
    for (let y = from - 1; y <= to + 1; y++) draw(x, y, 'curve')
  }
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header()),
    chunk('PLTE', Buffer.from(colours.flatMap((name) => [...palette[name]]))),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** One heartbeat over 0 to 1: P, Q, R, S and T as bell curves. */
function beatAt(t: number): number {
  const wave = (centre: number, spread: number, size: number) => size * Math.exp(-(((t - centre) / spread) ** 2))
  return (
    wave(0.18, 0.03, 0.14) +
    wave(0.29, 0.008, -0.12) +
    wave(0.31, 0.01, 1) +
    wave(0.335, 0.01, -0.25) +
    wave(0.56, 0.05, 0.28)
  )
}

/** Eight bits a pixel, each an index into the palette. */
function header(): Buffer {
  const bytes = Buffer.alloc(13)
  bytes.writeUInt32BE(width, 0)
  bytes.writeUInt32BE(height, 4)
  bytes.set([8, 3, 0, 0, 0], 8)
  return bytes
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}
