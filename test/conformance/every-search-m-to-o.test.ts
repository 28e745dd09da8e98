import { testEverySearch } from './oracle/every-search.ts'

testEverySearch('M to O')
