import type { Settings } from '../config.ts'

interface Facts {
  /** Printed until an administrator exists. */
  setupLink: string | undefined
  embedded: boolean
}

/** The one readable block that a start prints. */
export function banner(settings: Settings, { setupLink, embedded }: Facts): string {
  const { publicUrl, dataDir } = settings
  const lines = [
    '',
    '  Chartshare is running',
    '',
    `  Web app      ${publicUrl}/`,
    `  FHIR base    ${publicUrl}/fhir`,
    `  Database     ${embedded ? 'embedded Postgres' : 'DATABASE_URL'}`,
    `  Attachments  ${settings.s3 ? `${settings.s3.endpoint} (${settings.s3.bucket})` : `${dataDir}/blobs`}`,
    `  Mails        ${settings.mail.smtpUrl ? 'SMTP_URL' : `${dataDir}/outbox`}`,
    `  Data folder  ${dataDir}`,
  ]
  if (setupLink) {
    lines.push('', '  There is no administrator yet. Open this link once, within 24 hours:', `  ${setupLink}`)
  }
  return `${[...lines, ''].join('\n')}\n`
}
