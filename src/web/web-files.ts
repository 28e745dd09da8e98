import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { extname, join } from 'node:path'
import { projectRoot } from '../project-root.ts'

/** One file of the web app, as HTTP is to serve it. */
export interface WebFile {
  readonly type: string
  readonly bytes: Buffer
  /** Quoted, as the header wants it. */
  readonly etag: string
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** The files by URL path, read once: the page at `/` and `/app`, the rest under `/web/`. */
export function webFiles(folder: string = join(projectRoot, 'src/web/static')): ReadonlyMap<string, WebFile> {
  const files = new Map<string, WebFile>()
  for (const name of readdirSync(folder)) {
    const type = types[extname(name)]
    if (!type) throw new Error(`${join(folder, name)}: no media type is known for this extension`)
    const bytes = readFileSync(join(folder, name))
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
    files.set(`/web/${name}`, { type, bytes, etag })
  }
  const page = files.get('/web/index.html')
  if (!page) throw new Error(`${folder} lacks index.html`)
  files.delete('/web/index.html')
  // What browsers ask for on pages that name no icon, such as those of the authorization server.
  const icon = files.get('/web/icon.svg')
  if (icon) files.set('/favicon.ico', icon)
  return files.set('/', page).set('/app', page)
}
