/** A program that begins an upload, says so once bytes are with the store, and never ends it; it is there to be killed. */
import { PassThrough } from 'node:stream'
import { openObjects } from '../../src/store/open-objects.ts'
import type { ObjectSettings } from './suite.ts'
import { bytesOf } from './streams.ts'

const objects = await openObjects(JSON.parse(process.env['OBJECTS']!) as ObjectSettings)
const source = new PassThrough()
void objects.put('f'.repeat(32), source)
bytesOf(40 * 2 ** 20).pipe(source, { end: false })
setInterval(() => {
  if (source.readableLength < source.readableHighWaterMark) process.stdout.write('uploading\n')
}, 500)
