import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import type { Principal } from '../../../src/access/principal.ts'
import { FhirError } from '../../../src/fhir/error.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import type { Change, Work } from '../../../src/interactions/rule.ts'
import { binaries } from '../../../src/sharing/binary.ts'
import { type Attachment, createContent } from '../../../src/sharing/document-content.ts'
import { documentUpload } from '../../../src/sharing/document-upload.ts'
import type { Attachments } from '../../../src/store/store.ts'
import type { StoredObject } from '../../../src/store/stored-object.ts'

const base = 'https://example.org/fhir'
const bytes = Buffer.from('a letter')
const sha1 = createHash('sha1').update(bytes).digest('base64')
const binaryRid = 7n

const anObject = (owner?: bigint): StoredObject => ({
  ...{ key: 'k', size: bytes.length, sha1, sha256: '', enc: 0, contentType: 'text/plain' },
  owner: owner === undefined ? undefined : { type: 'DocumentReference', rid: owner },
})

interface Stored {
  /** Of `Binary/1`, when the caller sees it. */
  seen?: StoredObject | 'without bytes'
  /** What the same transaction writes. */
  written?: boolean
  attached?: StoredObject
  takenByAnother?: boolean
  ownedByAnother?: boolean
}

/** The rules on one Binary, and all that they did. */
function archive({ seen, written, attached, takenByAnother, ownedByAnother }: Stored = {}) {
  const did: string[] = []
  const work = {
    tx: {},
    ridOf: () => binaryRid,
    create: ({ resourceType }: Resource) => Promise.resolve({ resourceType, id: 'new', did: did.push('create') }),
    see: () => Promise.resolve(seen && { version: 3, object: seen === 'without bytes' ? undefined : seen }),
    maySee: () => Promise.resolve(seen !== undefined || written === true),
    take: (_by: unknown, { version }: { version?: number }) =>
      !takenByAnother && did.push(`take ${String(version)}`) > 0,
  } as unknown as Work
  const attachments = {
    save: () => Promise.resolve(anObject()),
    attach: () => Promise.resolve(),
    discard: () => Promise.resolve(),
    find: () => Promise.resolve(attached),
    own: () => Promise.resolve(!ownedByAnother),
    retire: () => Promise.resolve(!ownedByAnother),
  } as unknown as Attachments
  const content = createContent({ attachments, keys: { key: () => 1n }, base, limit: 100 })
  return { did, work, content, upload: documentUpload({ content }), binary: binaries({ attachments, base }) }
}

const doctor: Principal = {
  ...{ kind: 'person', roles: ['practitioner'], clientId: 'app', scopes: [] },
  person: { type: 'Practitioner', id: 'doctor', rid: 1n },
}

function change(before: Resource | undefined, after: Resource | undefined, by = doctor): Change {
  const kind = !after ? 'delete' : before ? 'update' : 'create'
  const { resourceType: type } = (after ?? before)!
  const signal = new AbortController().signal
  return {
    context: { principal: by, base, requestId: 'r', now: new Date(), signal },
    ...{ kind, interaction: kind, before, after },
    identity: { type, id: 'x', rid: 2n, version: 1 },
  }
}

const aDocument = (more: object = {}): Resource => ({ resourceType: 'DocumentReference', ...more })
const holding = (attachment: Attachment) => aDocument({ content: [{ attachment }] })

async function stored(attachment: Attachment, there?: Stored, by?: Principal, before?: Resource) {
  const { upload, work, did } = archive(there)
  const document = await upload.before!(change(before, holding(attachment), by), work)
  const [content] = document!['content'] as { attachment: Attachment }[]
  return { ...content!.attachment, did }
}

const refusal = (status: number, element?: string) => (error: unknown) => {
  assert.ok(error instanceof FhirError)
  assert.equal(error.status, status)
  if (element !== undefined) assert.deepEqual(error.issues[0]!.expression, [element])
  return true
}
const at = 'DocumentReference.content[0].attachment'

describe('a document', () => {
  const data = bytes.toString('base64')
  const url = 'Binary/1'

  test('with bytes hands them over, once it tells what they are and nothing else of them', async () => {
    const attachment = { contentType: 'text/plain', data }
    const { url: moved, hash, did, ...kept } = await stored(attachment)
    assert.deepEqual([moved, hash, kept.data, did], ['Binary/new', sha1, undefined, ['create', 'take 1']])
    await assert.rejects(stored({ data }), refusal(422, at))
    await assert.rejects(stored({ ...attachment, url }), refusal(422, `${at}.url`))
    await assert.rejects(stored({ ...attachment, size: 1 }), refusal(422, `${at}.size`))
    await assert.rejects(stored({ ...attachment, hash: 'AAAA' }), refusal(422, `${at}.hash`))
  })

  test('that links bytes of elsewhere leaves them there', async () => {
    const elsewhere = { contentType: 'text/plain', url: 'https://example.org/letter' }
    assert.deepEqual(await stored(elsewhere), { ...elsewhere, did: [] })
  })

  test('that links a Binary takes the version that it was told of', async () => {
    const { did, hash } = await stored({ url }, { seen: anObject() })
    assert.deepEqual([did, hash], [['take 3'], sha1])
    const together = await stored({ url }, { written: true, attached: anObject() })
    assert.deepEqual([together.did, together.hash], [['take undefined'], sha1])
  })

  test('that keeps its link does not take the Binary again', async () => {
    const link = { contentType: 'text/plain', url, size: bytes.length, hash: sha1 }
    const { did } = await stored({ url }, {}, doctor, holding(link))
    assert.deepEqual(did, [])
  })

  test('does not link what is not seen, has no bytes, is named by its version or belongs to another', async () => {
    await assert.rejects(stored({ url }), refusal(422, `${at}.url`))
    await assert.rejects(stored({ url }, { seen: 'without bytes' }), refusal(422, `${at}.url`))
    await assert.rejects(stored({ url }, { written: true }), refusal(422, `${at}.url`))
    await assert.rejects(stored({ url: `${url}/_history/1` }, { seen: anObject() }), refusal(422, `${at}.url`))
    await assert.rejects(stored({ url }, { seen: anObject(9n) }), refusal(409, `${at}.url`))
    await assert.rejects(stored({ url }, { seen: anObject(), takenByAnother: true }), refusal(409, `${at}.url`))
    assert.deepEqual((await stored({ url }, { seen: anObject(2n) })).did, ['take 3'])
  })

  test('of an administrator may name bytes that are yet to come', async () => {
    const { did, ...kept } = await stored({ url }, {}, { ...doctor, roles: ['admin'] })
    assert.deepEqual([kept, did], [{ url }, []])
  })

  test('that is deleted needs nothing', async () => {
    const { upload, work } = archive()
    assert.equal(await upload.before!(change(aDocument(), undefined), work), undefined)
  })

  test('of a device or an organization is signed by who sends it as well, unless an administrator brings it', async () => {
    const { upload, work } = archive()
    const device = { reference: 'Device/1' }
    const self = { reference: 'Practitioner/doctor' }
    const authorsOf = async (author: object[] | undefined, by = doctor) =>
      (await upload.before!(change(undefined, aDocument(author && { author }), by), work))!['author']
    assert.deepEqual(await authorsOf([device]), [self, device])
    assert.deepEqual(await authorsOf([device, self]), [device, self])
    assert.deepEqual(await authorsOf([device], { ...doctor, roles: ['admin'] }), [device])
    assert.deepEqual(await authorsOf(undefined), [self])
  })

  test('that no interaction wrote has its bytes, or is not written', async () => {
    const owner = { type: 'DocumentReference', rid: 2n }
    const { content, work } = archive()
    await content.owned(binaryRid, owner, work)
    await assert.rejects(archive({ ownedByAnother: true }).content.owned(binaryRid, owner, work), /has an owner/)
  })
})

describe('a Binary', () => {
  const aBinary = (reference?: string): Resource => ({
    resourceType: 'Binary',
    ...(reference === undefined ? {} : { securityContext: { reference } }),
  })
  const created = (reference: string, there?: Stored) => {
    const { binary, work } = archive(there)
    return binary.before!(change(undefined, aBinary(reference)), work)
  }

  test('names a document of this server that its uploader sees, or none', async () => {
    const { binary } = archive()
    assert.equal(binary.concerns!(change(undefined, aBinary())), false)
    assert.equal(binary.concerns!(change(undefined, aBinary('DocumentReference/1'))), true)
    assert.equal(await created('DocumentReference/1', { written: true }), undefined)
    const expression = 'Binary.securityContext'
    await assert.rejects(created('Patient/1', { written: true }), refusal(422, expression))
    await assert.rejects(created('https://example.com/DocumentReference/1', { written: true }), refusal(422))
    await assert.rejects(created('DocumentReference/1'), refusal(422, expression))
  })

  test('is deleted as long as it belongs to no document', async () => {
    const deleted = ({ binary, work }: ReturnType<typeof archive>) => binary.before!(change(aBinary(), undefined), work)
    assert.equal(await deleted(archive()), undefined)
    await assert.rejects(deleted(archive({ ownedByAnother: true })), refusal(409))
  })
})
