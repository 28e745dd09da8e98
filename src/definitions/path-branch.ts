import type { TypedValue } from './definitions.ts'
import type { Element, Structure } from './structure.ts'

/**
 * One way from a context to values of one type. `value[x]` and `a | b` are several branches; each is walked on its own,
 * so the type of every value is known before any resource is seen.
 */
export interface Branch {
  readonly steps: readonly Step[]
  readonly type: string
  readonly structure: Structure | undefined
  /** Resource types that the Reference or canonical at the end may name; empty: any. */
  readonly targets: readonly string[]
  /** The code system that is meant by the codes at the end. */
  readonly system?: string | undefined
}

export type Step =
  | { readonly kind: 'member'; readonly key: string; readonly element: Element }
  | { readonly kind: 'filter'; readonly test: (value: unknown) => boolean | undefined }
  | { readonly kind: 'pick'; readonly at: number }

export function extended(branch: Branch, step: Step): Branch {
  return { ...branch, steps: [...branch.steps, step] }
}

export function valuesOf(branches: readonly Branch[], context: unknown): TypedValue[] {
  const found: TypedValue[] = []
  for (const branch of branches) walk(context, branch, 0, found)
  return found
}

function walk(value: unknown, branch: Branch, at: number, found: TypedValue[]): void {
  const step = branch.steps[at]
  if (step === undefined) {
    const type = branch.type === 'Resource' ? resourceType(value) : branch.type
    found.push(branch.system === undefined ? { type, value } : { type, value, system: branch.system })
  } else if (step.kind === 'filter') {
    if (step.test(value) === true) walk(value, branch, at + 1, found)
  } else if (step.kind === 'member') {
    const child = (value as Record<string, unknown>)[step.key]
    const next = branch.steps[at + 1]
    if (!Array.isArray(child)) walkOn(child, branch, at + 1, found)
    else if (next?.kind === 'pick') walkOn(child[next.at], branch, at + 2, found)
    else for (const item of child) walkOn(item, branch, at + 1, found)
  } else if (step.at === 0) {
    walk(value, branch, at + 1, found)
  }
}

function walkOn(value: unknown, branch: Branch, at: number, found: TypedValue[]): void {
  if (value !== undefined && value !== null) walk(value, branch, at, found)
}

function resourceType(value: unknown): string {
  return String((value as { resourceType?: unknown }).resourceType)
}

/** Whether a context may yield more than one value: along a list, or by two branches that can hold at once. */
export function mayRepeat(branches: readonly Branch[]): boolean {
  if (branches.some(({ steps }) => steps.some((step, at) => isList(step) && steps[at + 1]?.kind !== 'pick')))
    return true
  return branches.some((branch, index) => branches.slice(index + 1).some((other) => !excludeEachOther(branch, other)))
}

function isList(step: Step): boolean {
  return step.kind === 'member' && step.element.max > 1
}

/** Two types of one choice element never hold at once. */
function excludeEachOther(branch: Branch, other: Branch): boolean {
  const at = branch.steps.findIndex((step, index) => !isSameStep(step, other.steps[index]))
  const [first, second] = [branch.steps[at], other.steps[at]]
  return first?.kind === 'member' && second?.kind === 'member' && first.element === second.element
}

function isSameStep(step: Step, other: Step | undefined): boolean {
  if (step.kind === 'member' && other?.kind === 'member')
    return step.key === other.key && step.element === other.element
  return step === other || (step.kind === 'pick' && other?.kind === 'pick' && step.at === other.at)
}
