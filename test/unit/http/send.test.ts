import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Context } from 'koa'
import { createSend, createSendOnceMade } from '../../../src/http/send.ts'

/** Writes no XML, and counts how often it was asked to. */
function counting() {
  let times = 0
  return { times: () => times, writeXml: (value: object) => `<n${++times} of="${Object.keys(value).join()}"/>` }
}

function sent(send: ReturnType<typeof createSend>, json: string, format: 'json' | 'xml', query = {}) {
  const querystring = new URLSearchParams(query).toString()
  const ctx = { query, querystring, vary: () => undefined } as unknown as Context
  send(ctx, json, format)
  return [ctx.type, ctx.body]
}

test('what everybody may ask for is made once in each form, and again when it has changed', () => {
  const writer = counting()
  const send = createSendOnceMade(writer as never)
  const xml = 'application/fhir+xml; charset=utf-8'
  for (let n = 0; n < 3; n++) {
    assert.deepEqual(sent(send, '{"a":1}', 'xml'), [xml, '<n1 of="a"/>'])
    assert.deepEqual(sent(send, '{"a":1}', 'json'), ['application/fhir+json; charset=utf-8', '{"a":1}'])
  }
  const pretty = sent(send, '{"a":1}', 'json', { _pretty: 'true' })
  assert.deepEqual(pretty, ['application/fhir+json; charset=utf-8', '{\n  "a": 1\n}'])
  assert.deepEqual(sent(send, '{"a":1}', 'xml', { _pretty: 'true' }), [xml, '<n2 of="a"/>'])
  assert.deepEqual(sent(send, '{"b":1}', 'xml'), [xml, '<n3 of="b"/>'])
  assert.equal(writer.times(), 3)
})

test('anything else is made as it is asked for, and not kept', () => {
  const writer = counting()
  const send = createSend(writer as never)
  for (let n = 0; n < 2; n++) sent(send, '{"a":1}', 'xml')
  assert.equal(writer.times(), 2)
})
