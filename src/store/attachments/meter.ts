import { createHash } from 'node:crypto'
import { Transform } from 'node:stream'
import { FhirError } from '../../fhir/error.ts'

/** Lets bytes through, measures them on the way, and breaks when they are more than the limit. */
export class Meter extends Transform {
  private readonly limit: number
  private readonly sha1 = createHash('sha1')
  private readonly sha256 = createHash('sha256')
  private size = 0

  constructor(limit: number) {
    super()
    this.limit = limit
  }

  /** Once, after the last byte. */
  measures(): { size: number; sha1: string; sha256: string } {
    return { size: this.size, sha1: this.sha1.digest('base64'), sha256: this.sha256.digest('hex') }
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: Error | null, chunk?: Buffer) => void) {
    this.size += chunk.length
    if (this.size > this.limit) {
      done(new FhirError('tooLarge', `An attachment may have ${this.limit} bytes at most.`))
      return
    }
    this.sha1.update(chunk)
    this.sha256.update(chunk)
    done(null, chunk)
  }
}
