import { testEverySearch } from './oracle/every-search.ts'

testEverySearch('A to B')
