import { testEverySearch } from './oracle/every-search.ts'

testEverySearch('C')
