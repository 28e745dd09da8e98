/** FHIR's values as people read them. */

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const dayAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** A year or a month stays what it is; nothing more precise is invented. */
export function dateText(value) {
  if (!value) return ''
  if (/^\d{4}(-\d{2})?$/.test(value)) return value
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return day.format(new Date(`${value}T12:00:00`))
  const date = new Date(value)
  return Number.isNaN(date.getTime()) ? value : dayAndTime.format(date)
}

export function sizeText(bytes) {
  if (typeof bytes !== 'number') return ''
  if (bytes < 1000) return `${bytes} bytes`
  const units = ['kB', 'MB', 'GB']
  let value = bytes
  let unit = -1
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}

export function nameText(names) {
  const name = names?.find(({ use }) => use === 'official' || use === 'usual') ?? names?.[0]
  if (!name) return ''
  return name.text ?? [...(name.prefix ?? []), ...(name.given ?? []), name.family].filter(Boolean).join(' ')
}

export function conceptText(concept) {
  return concept?.text ?? concept?.coding?.find(({ display }) => display)?.display ?? concept?.coding?.[0]?.code ?? ''
}

/** How a document is called: as it was described in a few words, or by its file or its kind. */
export function titleText(document) {
  const { description } = document
  const short = description && description.length <= 120 ? description : ''
  return short || document.content?.[0]?.attachment?.title || conceptText(document.type) || 'Document without a title'
}
