import type { LoadRequest } from './loader.ts'

/** What is sent at once. */
export interface Unit {
  readonly index: number
  /** How far into the file the import is once the unit is done, in bytes. */
  readonly end: number
  /** What it holds, in the order of the answer: where it stands in the file, and its type. */
  readonly entries: readonly { readonly place: string; readonly type: string; readonly method: string }[]
  /** Whether the answer is a Bundle. */
  readonly bundled: boolean
  /** Why it cannot be sent at all. */
  readonly unusable?: string
  /**
   * The requests that load it, or those of its entries that `only` names; each is tried when the one before was refused
   * as a whole.
   */
  attempts(only?: readonly number[]): LoadRequest[]
}

/** A resource as text, so that no decimal changes on the way, and how it is to be stored. */
export interface Piece {
  readonly place: string
  readonly type: string
  readonly id?: string
  readonly text: string
  readonly fullUrl?: string
}

export function unusableUnit(index: number, end: number, place: string, reason: string): Unit {
  return {
    index,
    end,
    entries: [{ place, type: 'unknown', method: 'POST' }],
    bundled: false,
    unusable: reason,
    attempts: () => [],
  }
}

/** A Bundle of type transaction, as it is: all of it or nothing. */
export function transactionUnit(index: number, end: number, entries: Unit['entries'], body: string): Unit {
  return { index, end, entries, bundled: true, attempts: () => [{ method: 'POST', path: '', body }] }
}

/** A Bundle of type batch: as it is, or later the entries that failed. */
export function batchUnit(
  index: number,
  end: number,
  entries: Unit['entries'],
  texts: readonly string[],
  whole?: string,
): Unit {
  return {
    index,
    end,
    entries,
    bundled: true,
    attempts: (only) => [
      { method: 'POST', path: '', body: only || whole === undefined ? bundle('batch', chosen(texts, only)) : whole },
    ],
  }
}

/** One resource by itself: stored under its own id where it has one. */
export function resourceUnit(index: number, end: number, piece: Piece): Unit {
  const { method, url } = requestOf(piece)
  return {
    index,
    end,
    entries: [{ place: piece.place, type: piece.type, method }],
    bundled: false,
    attempts: () => [{ method, path: url, body: piece.text }],
  }
}

/**
 * Several resources: as a transaction, which is quicker and resolves what they say about each other, and when that is
 * refused as a batch, which tells the good ones from the bad. Pieces that refer to each other by `urn:` have no batch.
 */
export function piecesUnit(index: number, end: number, pieces: readonly Piece[]): Unit {
  const texts = pieces.map(entryText)
  const separable = !texts.some((text) => /"reference"\s*:\s*"urn:/.test(text))
  return {
    index,
    end,
    entries: pieces.map((piece) => ({ place: piece.place, type: piece.type, method: requestOf(piece).method })),
    bundled: true,
    attempts: (only) => [
      ...(only ? [] : [{ method: 'POST' as const, path: '', body: bundle('transaction', texts) }]),
      ...(only || separable ? [{ method: 'POST' as const, path: '', body: bundle('batch', chosen(texts, only)) }] : []),
    ],
  }
}

function requestOf({ type, id }: Piece): { method: 'POST' | 'PUT'; url: string } {
  return id === undefined ? { method: 'POST', url: type } : { method: 'PUT', url: `${type}/${id}` }
}

function entryText(piece: Piece): string {
  const fullUrl = piece.fullUrl === undefined ? '' : `"fullUrl":${JSON.stringify(piece.fullUrl)},`
  return `{${fullUrl}"resource":${piece.text},"request":${JSON.stringify(requestOf(piece))}}`
}

function chosen(texts: readonly string[], only: readonly number[] | undefined): readonly string[] {
  return only ? only.map((n) => texts[n]!) : texts
}

function bundle(type: 'batch' | 'transaction', entries: readonly string[]): string {
  return `{"resourceType":"Bundle","type":"${type}","entry":[${entries.join(',')}]}`
}
