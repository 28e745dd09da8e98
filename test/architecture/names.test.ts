import { basename } from 'node:path'
import { test } from 'node:test'
import { none, roomOf, sourceFiles } from './source-files.ts'

const empty = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'manager', 'service', 'base', 'impl'])
const files = [...sourceFiles('src'), ...sourceFiles('test')]

test('file names are kebab-case', () => {
  none(files.map(({ path }) => path).filter((path) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.ts$/.test(basename(path))))
})

test('no file or folder has a name that says nothing: utils, helpers, common, manager, service, index.ts …', () => {
  const saysNothing = (path: string) =>
    basename(path) === 'index.ts' || path.split(/[/.]/).some((name) => empty.has(name.split('-').at(-1)!))
  none(files.map(({ path }) => path).filter(saysNothing))
})

// Those named after something in the specification; the others there are the machinery between them.
const interactions = 'read|vread|create|update|patch|delete|history-[a-z]+|search-[a-z]+|batch|transaction|capabilities'
const parameterTypes = 'number|date|string|token|reference|composite|quantity|uri|special'
const specified = new RegExp(
  `^src/(interactions/((${interactions})\\.ts|operations/)|search/types/(${parameterTypes})\\.ts)`,
)

test('files in interactions/, search/types/ and oauth/ open with a sentence, and name the page of the specification', () => {
  none(
    sourceFiles('src')
      .filter(({ path }) => ['interactions', 'oauth'].includes(roomOf(path)) || specified.test(path))
      .filter(({ path, text }) => {
        const opening = /^\/\*\*([\s\S]*?)\*\//m.exec(text)?.[1] ?? ''
        return !/[a-z]/.test(opening) || (specified.test(path) && !opening.includes('https://'))
      })
      .map(({ path }) => path),
  )
})
