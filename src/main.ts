import { banner } from './commands/banner.ts'
import { compose } from './compose.ts'
import { ConfigError, readConfig, type Settings } from './config.ts'
import { createListener } from './http/create-listener.ts'
import { createLog } from './http/log.ts'
import { startEmbeddedPostgres } from './store/embedded-postgres.ts'

/** What a stop may take: connections that are still busy after this are closed. */
const drainMilliseconds = 8_000

try {
  await serve(readConfig())
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : String((error as Error).stack ?? error)}\n`)
  process.exit(1)
}

/** Reads nothing but its settings: database, server, banner, and a stop that loses nothing. */
async function serve(settings: Settings): Promise<void> {
  const log = createLog(settings.log.level)
  const embedded = settings.database.url ? undefined : await startEmbeddedPostgres({ dataDir: settings.dataDir })
  const composed = await compose(settings, { log, ...(embedded ? { connection: embedded.connection } : {}) })
  const server = createListener(composed.app.callback(), settings.http.tls)
  let stopping: Promise<void> | undefined

  function stop(reason: string, code: number): void {
    stopping ??= drain(reason).then(
      () => process.exit(code),
      (error: unknown) => {
        log.fatal({ err: error }, 'the stop failed')
        process.exit(1)
      },
    )
  }

  async function drain(reason: string): Promise<void> {
    log.info({ reason }, 'stopping')
    const closed = new Promise<void>((done) => server.close(() => done()))
    server.closeIdleConnections()
    const late = setTimeout(() => server.closeAllConnections(), drainMilliseconds)
    await closed
    clearTimeout(late)
    await composed.close()
    await embedded?.stop()
  }

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stop(signal, 0))
  if (settings.startedByNpm) whenNpmIsGone(() => stop('npm is gone', 0))
  void embedded?.exited.then((output) => {
    if (stopping) return
    log.fatal({ output: output.slice(-2000) }, 'the embedded Postgres ended')
    process.exit(1)
  })
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen(settings.http.port, settings.http.host, listening)
  })
  process.stdout.write(banner(settings, { setupLink: composed.setupLink, embedded: embedded !== undefined }))
}

/** npm does not pass SIGTERM on: it ends, and its child would stay. */
function whenNpmIsGone(act: () => void): void {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) act()
  }, 500).unref()
}
