import assert from 'node:assert/strict'
import { test } from 'node:test'
import { webFiles } from '../../../src/web/web-files.ts'

const files = webFiles()
const text = (path: string) => files.get(path)!.bytes.toString()

test('the page is at / and at /app, and every file that it or another file names is served', () => {
  assert.equal(files.get('/'), files.get('/app'))
  const named = [...text('/').matchAll(/(?:href|src)="(web\/[^"]+)"/g)].map(([, path]) => `/${path}`)
  assert.ok(named.length >= 3)
  for (const path of named) assert.ok(files.has(path), path)
  for (const [path, { bytes }] of files) {
    if (!path.endsWith('.js')) continue
    for (const [, name] of bytes.toString().matchAll(/from '\.\/([^']+)'/g)) assert.ok(files.has(`/web/${name}`), name)
  }
})

test('the page holds no script and no style, and takes nothing from elsewhere', () => {
  assert.doesNotMatch(text('/'), /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?:/)
})

test('no script turns text into markup or keeps a token longer than its tab', () => {
  for (const [path, { bytes }] of files) {
    if (path.endsWith('.js'))
      assert.doesNotMatch(bytes.toString(), /innerHTML|outerHTML|insertAdjacent|eval\(|localStorage/)
  }
})

test('every file has its media type and a tag that changes with its content', () => {
  const tags = new Set([...files.values()].map(({ etag }) => etag))
  // The page and the icon each have two addresses.
  assert.equal(tags.size, files.size - 2)
  assert.equal(files.get('/web/main.js')!.type, 'text/javascript; charset=utf-8')
})
