/** Defects to plant into the kernel, each one that somebody could have made, and the generated files that must find it. */
import type { SourceChange } from '../helpers/kernel-variants';
import type { KERNEL_WORLDS } from '../helpers/kernel-worlds';

const LINES = 'files whose lines fit the format more or less';
const NUMBERS = 'small numbers, and what looks like them';
const CSV = 'CSV with quotes of every kind, and records that span lines';
const PERIODS = 'records that name their period';
const RESUMED = 'totals of before that are as large as entries hold';
const MANY = 'files of several windows and batches, with growing tables';

export interface Mutant {
  readonly change: SourceChange;
  readonly foundBy: keyof typeof KERNEL_WORLDS;
  /** In a kernel with a table that is soon full, or with few numbers held outside of it. */
  readonly within?: 'tight' | 'few';
}

function inLines(file: string, find: string, replace: string, after = ''): Mutant {
  return { change: { file, find, replace, after }, foundBy: LINES };
}

const inCsv = (...change: Parameters<typeof inLines>): Mutant => ({ ...inLines(...change), foundBy: CSV });
const inPeriods = (...change: Parameters<typeof inLines>): Mutant => ({ ...inLines(...change), foundBy: PERIODS });
const inMany = (...change: Parameters<typeof inLines>): Mutant => ({ ...inLines(...change), foundBy: MANY });
const inResumed = (...change: Parameters<typeof inLines>): Mutant => ({ ...inLines(...change), foundBy: RESUMED });
const inNumbers = (...change: Parameters<typeof inLines>): Mutant => ({ ...inLines(...change), foundBy: NUMBERS });
const inTight = (...change: Parameters<typeof inLines>): Mutant => ({ ...inLines(...change), within: 'tight' });
const inFew = (...change: Parameters<typeof inLines>): Mutant => ({ ...inNumbers(...change), within: 'few' });

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  // Where lines and fields are.
  'line feeds beyond the chunk are taken': inLines('line-index', 'bitsOf(a, b, c, d, feeds) & within', 'bitsOf(a, b, c, d, feeds)'),
  'a field of whitespace mode begins anew at each block': inLines('line-index', 'isOutside = outside >> 63', 'isOutside = 1'),
  'a tab separates nothing in whitespace mode': inLines('line-index', ' | bitsOf(a, b, c, d, tabs)', ''),
  'a line feed within quotes ends a line': inCsv('line-index', 'if (openFeeds != 0) within &= (openFeeds & (0 - openFeeds)) - 1;', ''),
  'nobody looks for quotes within fields': inCsv('lines', 'if (around == quotesOf(line)) return true;', 'return true;'),
  'a field that is read may hold a doubled quote': inCsv('lines', ' || isRead(field)', ''),
  'one quote of a doubled one is enough': inCsv('lines', ' || ++index == contentEnd || load<u8>(index) != QUOTE', ''),
  'the line that begins where the split ends is taken too': inLines('run', '>= limit', '> limit', 'function linesBefore'),
  'a line may be one byte longer': inLines('lines', '> maxLineBytes) return false', '> maxLineBytes + 1) return false'),
  'blank lines are not counted': inLines('run', 'blanks += next - line - taken', 'blanks += 0'),
  'any line of one byte is blank': inLines('lines', ' && load<u8>(at) == CR', ''),
  'a blank line may be longer than a line': inLines('lines', ' && feed - at <= maxLineBytes', ''),
  'a CR is dropped from a value in the middle': inLines('lines', '(returns & returnsOfValue)', 'returns'),
  'a CR is dropped from a joined key in the middle': inLines(
    'lines',
    'field == lastField ? returns : 0',
    'returns',
    'function findContent',
  ),
  'a CR alone is a field in whitespace mode': inLines('lines', 'return !isWhitespace || returns == 0', 'return true || returns == 0'),
  'quotes inside of a quoted field are content': inCsv('lines', 'isQuoted && !areQuotesPlain(line, at, returns)', 'false'),
  'nothing stands between the fields of a key': inLines('keys', 'if (targetBytes > 0) store<u8>(target + targetBytes++, 0);', ''),
  // Which bytes a key may hold.
  'a key of 16 bytes loses its last': inLines(
    'lines',
    'leftMask(end - start)',
    'leftMask(min<usize>(15, end - start))',
    'function addShort',
  ),
  'a DEL is allowed in a short key': inLines('lines', ' | (characters + 0x0101010101010101)', ''),
  'a DEL is allowed in a key of up to 16 bytes': inLines(
    'lines',
    'v128.or(i8x16.lt_s(raw, i8x16.splat(0x20)), i8x16.eq(raw, i8x16.splat(0x7f)))',
    'i8x16.lt_s(raw, i8x16.splat(0x20))',
    'function addShort',
  ),
  'a DEL is allowed behind text that is not ASCII': inLines('keys', ' || first == 0x7f', '', 'function isText'),
  'a key field of 1,025 bytes is allowed': inLines('keys', 'length - 1 >= KEY_FIELD_BYTES_MAX', 'length - 1 > KEY_FIELD_BYTES_MAX'),
  'surrogates are text': inLines('keys', '? 0x9f', '? 0xbf'),
  'overlong forms of three bytes are text': inLines('keys', '? 0xa0', '? 0x80'),
  'overlong forms of four bytes are text': inLines('keys', '? 0x90', '? 0x80'),
  'code points beyond the last are text': inLines('keys', '? 0x8f', '? 0xbf'),
  'bytes that continue a character are not checked': inLines('keys', '& 0xc0) != 0x80', '& 0x80) != 0x80'),
  // Values.
  'a value of 9 digits loses its first': inLines('values', 'length - 1 < 8', 'length - 1 < 9', 'function readValue'),
  'a value may have more digits than 64 bits hold': inLines('values', 'DIGITS_MAX: i32 = 18', 'DIGITS_MAX: i32 = 20'),
  'a value has 19 digits once it is scaled': inLines('values', 'DIGITS_MAX: i32 = 18', 'DIGITS_MAX: i32 = 19'),
  'an integer is not scaled': inLines('values', 'toInteger(digits) * powerOfTen(scale)', 'toInteger(digits)'),
  'decimals that are missing are filled up by one too few': inLines('values', 'powerOfTen(missing)', 'powerOfTen(max(0, missing - 1))'),
  'a minus is always allowed': inLines('values', 'allowNegative && start < end', 'start < end'),
  'a point may stand at the end': inLines('values', ' || decimals == 0', ''),
  'a point may stand at the beginning': inLines('values', ' || point == 16 - length', ''),
  'more decimals than the scale are cut off': inLines('values', ' || decimals > scale', ''),
  'a second odd byte is not seen': inLines('values', '(oddBits & (oddBits - 1)) != 0 || ', ''),
  'a point may stand at the end of a short value': inLines('values', 'decimals == 0 || ', '', 'function readShort'),
  'a point may stand at the beginning of a short value': inLines('values', ' || place == 8 - (length as u64)', ''),
  'more decimals of a short value than the scale are cut off': inLines('values', 'decimals > scale || ', '', 'function readShort'),
  'a short value may have more digits than 64 bits hold': inLines('values', ' || (length as i32) + missing > DIGITS_MAX', ''),
  'a digit before the point is lost in a short value': inLines(
    'values',
    '((characters & before) << 8)',
    '((characters & (before >> 8)) << 8)',
  ),
  // Small numbers that are held outside of the table.
  'a leading zero is no part of a small number': inNumbers('pair-line', 'start += many;', ''),
  'a small number has eight digits': inNumbers('pair-line', 'KEY_DIGITS_AT_FIRST: usize = 6', 'KEY_DIGITS_AT_FIRST: usize = 8'),
  'the value of a small number has nine digits': inNumbers('pair-line', 'VALUE_DIGITS_MAX: usize = 8', 'VALUE_DIGITS_MAX: usize = 9'),
  'no digit stands before the point': inNumbers('pair-line', 'digits - decimals - 1 >=', 'digits - decimals >='),
  'what is near a CR is one': inNumbers('pair-line', 'i8x16.replace_lane(i8x16.splat(9), 0, 0)', 'i8x16.splat(9)'),
  'what is near a point is one': inNumbers('pair-line', 'i8x16.replace_lane(greatest, 1, 0)', 'greatest'),
  'a small number behind the end of the split is taken': inNumbers(
    'pairs',
    'min(limit, end - PAIR_BYTES_MAX + 1)',
    'end - PAIR_BYTES_MAX + 1',
  ),
  'a line that ends behind the chunk is taken': inNumbers('pairs', 'end - PAIR_BYTES_MAX + 1', 'end'),
  'the second quarter stays when a line of the first is odd': inNumbers('pairs', 'takeBack(secondStart, second)', '0'),
  'the third quarter stays when a line before it is odd': inNumbers('pairs', 'takeBack(thirdStart, third)', '0'),
  'the last quarter stays when a line before it is odd': inNumbers('pairs', 'takeBack(fourthStart, fourth)', '0'),
  'lines that are taken back are still records': inNumbers('pairs', 'pairs--;', ''),
  'the last quarter of a turn is not looked at': inNumbers('pairs', 'i8x16.max_u(digitsC, digitsD)', 'digitsC'),
  'the larger half of small numbers is not moved': inNumbers('pairs', '(32 - clz(highest))', '(31 - clz(highest))'),
  'a small number that the table has too is written twice': inNumbers(
    'numbers',
    'if (numbersEnd == 0) return isFolded;',
    'return isFolded;',
  ),
  'a small number that was added to an entry keeps its sum': inNumbers('numbers', 'v128.store(place, i64x2.splat(0));', '{}'),
  'a small number is added to one with other zeros before it': inNumbers(
    'numbers',
    'load<u32>(NUMBER_STARTS + 4 * digits) + value',
    'value',
  ),
  'no small number has a nine but at its end': inNumbers('numbers', 'while (digits > 0 &&', 'if (digits > 0 &&'),
  'small numbers of so many digits are left out': inNumbers('encode', 'digits == (digitsMax as u32) ? numbersEnd :', 'true ? (0 as u32) :'),
  'small numbers come behind all other keys': inNumbers('encode', ' || numberText <= bswap(load<u64>(keyPlace(entry)))', ''),
  'records that were put by are not added up in the end': inFew('pairs', 'if (isWide) takeParts();', ''),
  'records that were put by before are counted again': inFew(
    'parts',
    'store<u32>(PART_ENDS + 4 * part, start as u32);',
    '',
    'function takePart',
  ),
  'numbers are put by in parts of a counter that crashed': inFew('pairs', 'clearParts();', ''),
  'records go on being put by for a counter that has few keys': inFew('pairs', 'isWide = false;', '', 'function clearNumbers'),
  'small numbers of a counter that crashed are kept': inNumbers('run', 'clearNumbers();', ''),
  // Periods.
  'a period is found by the place it shares with another': inPeriods(
    'timestamps',
    'load<u32>(place) == (slot as u32)',
    'load<u32>(place) != 0',
  ),
  'periods of a file before are kept': inPeriods('timestamps', 'memory.fill(PERIODS', 'if (false) memory.fill(PERIODS'),
  'the last digits of the date are not compared': inPeriods('timestamps', ' && high == lastDateHigh', ''),
  'an offset east is added': inPeriods(
    'timestamps',
    'return sign == PLUS ? seconds : -seconds',
    'return sign == PLUS ? -seconds : seconds',
  ),
  'there is a 24th hour': inPeriods('timestamps', 'hour > 23', 'hour > 24'),
  'November has 31 days': inPeriods('timestamps', ' || month == 11', ''),
  'fractions have ten digits': inPeriods('timestamps', 'digits > FRACTION_DIGITS_MAX', 'digits > FRACTION_DIGITS_MAX + 1'),
  // The table.
  'a carry is dropped': inResumed('table', '(sum < (value as u64) ? 1 : 0)', '0'),
  'a sum below zero has no high bits': inLines('table', ' + ((value >> 63) as u64)', ''),
  'the table of a counter before is kept': inLines('table', 'entries = 0', 'entries = entries', 'function clearTable'),
  'slots are not found again after sorting': inLines('sort', 'rebuildBuckets()', '', 'return;'),
  'keys are sorted by their first eight bytes': inLines('sort', 'return high < otherHigh ? -1 : high > otherHigh ? 1 : 0', 'return 0'),
  'more entries forget half of the slots': inMany(
    'table',
    'number <= entries; number++',
    'number <= entries / 2; number++',
    'function useBuckets',
  ),
  'an entry whose bucket is full overwrites another': inMany(
    'table',
    'while (tagsAt(bucket, 0) == 0) bucket = nextBucket(bucket);',
    'if (tagsAt(bucket, 0) == 0) store<u32>(bucket, 0);',
  ),
  // What is written.
  'sums beyond 64 bits are cut off': inResumed('encode', 'while (high != 0)', 'while (false)'),
  'the size of sums beyond 64 bits is one too small': inResumed('encode', '64 + 64 - clz(high) + 6', '64 + 63 - clz(high) + 6'),
  'a sum of 128 bits loses bits between its halves': inResumed('encode', '(high << 57)', '(high << 58)'),
  // A table that is full.
  'that the table is full is not honoured': inTight('batch', 'entry == 0 || !addTo', '!addTo'),
  'a record that had no room is taken for taken': inTight('run', 'taken < wanted ? lineOf(taken) : parsed', 'parsed'),
  'a count at its end goes on into the sum': inResumed('table', '(word & COUNT_MAX) == COUNT_MAX', 'false'),
  'a long key that has no room is written all the same': inTight('table', 'place + paddedBytes > longKeysAllocated', 'false'),
};
