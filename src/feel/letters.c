#include "feel/letters.h"

enum letters_category letters_category(uint32_t c)
{
    size_t low = 0, high = UNICODE_RUN_COUNT; /* RUNS[low].first <= c < RUNS[high].first */
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (UNICODE_RUNS[middle].first <= c)
            low = middle;
        else
            high = middle;
    }
    return (enum letters_category)UNICODE_RUNS[low].category;
}

uint32_t letters_to(uint32_t c, enum letters_case to)
{
    if (c < 0x80) {
        if (to == UNICODE_UPPER)
            return c >= 'a' && c <= 'z' ? c - 32 : c;
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    }
    const struct letters_case_run *runs =
        to == UNICODE_UPPER ? UNICODE_UPPER_RUNS : UNICODE_LOWER_RUNS;
    size_t low = 0, high = to == UNICODE_UPPER ? UNICODE_UPPER_COUNT : UNICODE_LOWER_COUNT;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (runs[middle].first <= c)
            low = middle;
        else
            high = middle;
    }
    const struct letters_case_run *r = &runs[low];
    bool is_in = c >= r->first && c <= r->last && (c - r->first) % r->step == 0;
    return is_in ? (uint32_t)((int32_t)c + r->distance) : c;
}

uint32_t letters_category_mask(str name)
{
    static const char *const names[] = {
#define X(name) #name,
        UNICODE_CATEGORIES(X)
#undef X
    };
    uint32_t mask = 0;
    for (uint32_t i = 0; i < COUNT(names); i++) {
        if ((name.n == 1 && names[i][0] == name.p[0]) || str_is(name, names[i]))
            mask |= 1u << i;
    }
    return mask;
}

static const struct {
    const char *name;
    uint32_t first, last;
} BLOCKS[] = {
    {"BasicLatin", 0x0, 0x7f},
    {"Latin-1Supplement", 0x80, 0xff},
    {"LatinExtended-A", 0x100, 0x17f},
    {"LatinExtended-B", 0x180, 0x24f},
    {"IPAExtensions", 0x250, 0x2af},
    {"SpacingModifierLetters", 0x2b0, 0x2ff},
    {"CombiningDiacriticalMarks", 0x300, 0x36f},
    {"Greek", 0x370, 0x3ff},
    {"GreekandCoptic", 0x370, 0x3ff},
    {"Cyrillic", 0x400, 0x4ff},
    {"CyrillicSupplement", 0x500, 0x52f},
    {"Armenian", 0x530, 0x58f},
    {"Hebrew", 0x590, 0x5ff},
    {"Arabic", 0x600, 0x6ff},
    {"Syriac", 0x700, 0x74f},
    {"Thaana", 0x780, 0x7bf},
    {"Devanagari", 0x900, 0x97f},
    {"Bengali", 0x980, 0x9ff},
    {"Gurmukhi", 0xa00, 0xa7f},
    {"Gujarati", 0xa80, 0xaff},
    {"Oriya", 0xb00, 0xb7f},
    {"Tamil", 0xb80, 0xbff},
    {"Telugu", 0xc00, 0xc7f},
    {"Kannada", 0xc80, 0xcff},
    {"Malayalam", 0xd00, 0xd7f},
    {"Sinhala", 0xd80, 0xdff},
    {"Thai", 0xe00, 0xe7f},
    {"Lao", 0xe80, 0xeff},
    {"Tibetan", 0xf00, 0xfff},
    {"Myanmar", 0x1000, 0x109f},
    {"Georgian", 0x10a0, 0x10ff},
    {"HangulJamo", 0x1100, 0x11ff},
    {"Ethiopic", 0x1200, 0x137f},
    {"Cherokee", 0x13a0, 0x13ff},
    {"UnifiedCanadianAboriginalSyllabics", 0x1400, 0x167f},
    {"Ogham", 0x1680, 0x169f},
    {"Runic", 0x16a0, 0x16ff},
    {"Khmer", 0x1780, 0x17ff},
    {"Mongolian", 0x1800, 0x18af},
    {"LatinExtendedAdditional", 0x1e00, 0x1eff},
    {"GreekExtended", 0x1f00, 0x1fff},
    {"GeneralPunctuation", 0x2000, 0x206f},
    {"SuperscriptsandSubscripts", 0x2070, 0x209f},
    {"CurrencySymbols", 0x20a0, 0x20cf},
    {"CombiningMarksforSymbols", 0x20d0, 0x20ff},
    {"CombiningDiacriticalMarksforSymbols", 0x20d0, 0x20ff},
    {"LetterlikeSymbols", 0x2100, 0x214f},
    {"NumberForms", 0x2150, 0x218f},
    {"Arrows", 0x2190, 0x21ff},
    {"MathematicalOperators", 0x2200, 0x22ff},
    {"MiscellaneousTechnical", 0x2300, 0x23ff},
    {"ControlPictures", 0x2400, 0x243f},
    {"OpticalCharacterRecognition", 0x2440, 0x245f},
    {"EnclosedAlphanumerics", 0x2460, 0x24ff},
    {"BoxDrawing", 0x2500, 0x257f},
    {"BlockElements", 0x2580, 0x259f},
    {"GeometricShapes", 0x25a0, 0x25ff},
    {"MiscellaneousSymbols", 0x2600, 0x26ff},
    {"Dingbats", 0x2700, 0x27bf},
    {"BraillePatterns", 0x2800, 0x28ff},
    {"CJKRadicalsSupplement", 0x2e80, 0x2eff},
    {"KangxiRadicals", 0x2f00, 0x2fdf},
    {"IdeographicDescriptionCharacters", 0x2ff0, 0x2fff},
    {"CJKSymbolsandPunctuation", 0x3000, 0x303f},
    {"Hiragana", 0x3040, 0x309f},
    {"Katakana", 0x30a0, 0x30ff},
    {"Bopomofo", 0x3100, 0x312f},
    {"HangulCompatibilityJamo", 0x3130, 0x318f},
    {"Kanbun", 0x3190, 0x319f},
    {"BopomofoExtended", 0x31a0, 0x31bf},
    {"EnclosedCJKLettersandMonths", 0x3200, 0x32ff},
    {"CJKCompatibility", 0x3300, 0x33ff},
    {"CJKUnifiedIdeographsExtensionA", 0x3400, 0x4dbf},
    {"CJKUnifiedIdeographs", 0x4e00, 0x9fff},
    {"YiSyllables", 0xa000, 0xa48f},
    {"YiRadicals", 0xa490, 0xa4cf},
    {"HangulSyllables", 0xac00, 0xd7af},
    {"PrivateUse", 0xe000, 0xf8ff},
    {"PrivateUseArea", 0xe000, 0xf8ff},
    {"CJKCompatibilityIdeographs", 0xf900, 0xfaff},
    {"AlphabeticPresentationForms", 0xfb00, 0xfb4f},
    {"ArabicPresentationForms-A", 0xfb50, 0xfdff},
    {"CombiningHalfMarks", 0xfe20, 0xfe2f},
    {"CJKCompatibilityForms", 0xfe30, 0xfe4f},
    {"SmallFormVariants", 0xfe50, 0xfe6f},
    {"ArabicPresentationForms-B", 0xfe70, 0xfeff},
    {"HalfwidthandFullwidthForms", 0xff00, 0xffef},
    {"Specials", 0xfff0, 0xffff},
    {"OldItalic", 0x10300, 0x1032f},
    {"Gothic", 0x10330, 0x1034f},
    {"Deseret", 0x10400, 0x1044f},
    {"ByzantineMusicalSymbols", 0x1d000, 0x1d0ff},
    {"MusicalSymbols", 0x1d100, 0x1d1ff},
    {"MathematicalAlphanumericSymbols", 0x1d400, 0x1d7ff},
    {"CJKUnifiedIdeographsExtensionB", 0x20000, 0x2a6df},
    {"CJKCompatibilityIdeographsSupplement", 0x2f800, 0x2fa1f},
    {"Tags", 0xe0000, 0xe007f},
};

bool letters_block(str name, uint32_t *first, uint32_t *last)
{
    for (size_t i = 0; i < COUNT(BLOCKS); i++) {
        if (str_is(name, BLOCKS[i].name)) {
            *first = BLOCKS[i].first;
            *last = BLOCKS[i].last;
            return true;
        }
    }
    return false;
}
