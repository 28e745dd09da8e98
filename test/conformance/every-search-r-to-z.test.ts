import { testEverySearch } from './oracle/every-search.ts'

testEverySearch('R to Z')
