import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMessageReader } from '../../bench/round-trips.ts'

function message(type: string, length: number): Buffer {
  const bytes = Buffer.alloc(length + 1)
  bytes.write(type)
  bytes.writeInt32BE(length, 1)
  return bytes
}

test('messages are told apart however the bytes are cut, and the start-up without a type is passed over', () => {
  const startup = Buffer.alloc(30, 'S')
  startup.writeInt32BE(30)
  const stream = Buffer.concat([
    startup,
    message('P', 40),
    message('B', 12),
    message('E', 9),
    message('S', 4),
    message('Q', 25),
  ])
  for (const size of [1, 3, 7, stream.length]) {
    const types: string[] = []
    const read = createMessageReader((type) => types.push(type))
    for (let at = 0; at < stream.length; at += size) read(stream.subarray(at, at + size))
    assert.equal(types.join(''), 'PBESQ')
  }
})
