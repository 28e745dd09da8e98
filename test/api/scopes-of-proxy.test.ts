import { tryScopes } from '../support/scope-trial.ts'

tryScopes('proxy')
