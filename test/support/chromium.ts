import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

const candidates = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]

/** Where a Chromium is; undefined: the tests that need one are skipped. */
export const chromiumPath = candidates.find((path) => path && existsSync(path))

export const withoutChromium = chromiumPath ? false : 'needs Chromium: install it, or set CHROMIUM_PATH'

/** A browser that talks to nobody but the pages it is sent to. */
export function openChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath!,
    args: [
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-domain-reliability',
      '--disable-sync',
      '--no-first-run',
      // Chromium refuses to run as root with its sandbox, and containers run tests as root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  })
}
