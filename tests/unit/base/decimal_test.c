#include "base/decimal.h"

#include "check.h"

static struct decimal number(const char *text)
{
    struct decimal d = {0};
    if (!decimal_parse(&d, str_from(text)))
        printf("# cannot read %s\n", text);
    return d;
}

static bool reads_as(const struct decimal *d, const char *want)
{
    BUF_SCOPED struct buf b = {.max = 1 << 16};
    decimal_write(&b, d);
    if (!str_is(buf_str(&b), want))
        printf("# got %.*s\n", STR_ARG(buf_str(&b)));
    return str_is(buf_str(&b), want);
}

static void test_text(void)
{
    static const struct {
        const char *text, *want; /* NULL: refused */
    } cases[] = {
        {"0", "0"},
        {"-0", "0"},
        {"1.50", "1.5"},
        {".5", "0.5"},
        {"1200", "1200"},
        {"12e2", "1200"},
        {"-1.5E-3", "-0.0015"},
        {"1234567890123456789012345678901234", "1234567890123456789012345678901234"},
        {"12345678901234567890123456789012345", "12345678901234567890123456789012340"},
        {"12345678901234567890123456789012355", "12345678901234567890123456789012360"},
        {"123456789012345678901234567890123450000000000000000000001",
         "123456789012345678901234567890123500000000000000000000000"},
        {"9999999999999999999999999999999999.5", "10000000000000000000000000000000000"},
        {"1e6144", "1e6144"},
        {"1e6145", NULL},
        {"1e-6176", "1e-6176"},
        {"1e-7000", "0"},
        {"1.", NULL},
        {"", NULL},
        {"-", NULL},
        {"1e", NULL},
        {"1.2.3", NULL},
        {"0x1", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct decimal d;
        bool ok = decimal_parse(&d, str_from(cases[i].text));
        CHECK_NAMED(ok == (cases[i].want != NULL), cases[i].text);
        CHECK_NAMED(!ok || reads_as(&d, cases[i].want), cases[i].text);
    }
}

static void test_arithmetic(void)
{
    static const struct {
        const char *a;
        char op;
        const char *b, *want;
    } cases[] = {
        {"0.1", '+', "0.2", "0.3"},
        {"1", '-', "0.9", "0.1"},
        {"1e34", '+', "1", "10000000000000000000000000000000000"},
        {"1e33", '+', "0.5", "1000000000000000000000000000000000"},
        {"1e33", '+', "0.51", "1000000000000000000000000000000001"},
        {"1", '-', "1e-40", "1"},
        {"1e34", '-', "6e-1", "9999999999999999999999999999999999"},
        {"5", '/', "2", "2.5"},
        {"1", '/', "3", "0.3333333333333333333333333333333333"},
        {"2", '/', "3", "0.6666666666666666666666666666666667"},
        {"1", '/', "8", "0.125"},
        {"100", '/', "10", "10"},
        {"1", '/', "0", NULL},
        {"1234567890123456789012345678901234", '*', "9876543210987654321098765432109876",
         "12193263113702179522618503273386670000000000000000000000000000000000"},
        {"3", '*', "0.5", "1.5"},
        {"1e6144", '*', "10", NULL},
        {"10.1", '%', "4.5", "1.1"},
        {"-10.1", '%', "4.5", "3.4"},
        {"10.1", '%', "-4.5", "-3.4"},
        {"-10.1", '%', "-4.5", "-1.1"},
        {"1e40", '%', "7", "4"},
        {"5", '%', "1e40", "5"},
        {"5", '^', "-2", "0.04"},
        {"2", '^', "0.5", "1.41421356237309504880168872421"},
        {"-8", '^', "0.5", NULL},
        {"0", '^', "0", "1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct decimal a = number(cases[i].a), b = number(cases[i].b), r;
        bool ok = false;
        switch (cases[i].op) {
        case '+':
            ok = decimal_add(&r, &a, &b);
            break;
        case '-':
            ok = decimal_sub(&r, &a, &b);
            break;
        case '*':
            ok = decimal_mul(&r, &a, &b);
            break;
        case '/':
            ok = decimal_div(&r, &a, &b);
            break;
        case '%':
            ok = decimal_modulo(&r, &a, &b);
            break;
        default:
            ok = decimal_pow(&r, &a, &b) && decimal_round(&r, &r, 30, DECIMAL_HALF_EVEN);
        }
        CHECK_NAMED(ok == (cases[i].want != NULL), cases[i].a);
        CHECK_NAMED(!ok || reads_as(&r, cases[i].want), cases[i].a);
    }
}

static void test_rounding(void)
{
    static const struct {
        const char *a;
        int scale;
        enum decimal_rounding how;
        const char *want;
    } cases[] = {
        {"2.5", 0, DECIMAL_HALF_EVEN, "2"},    {"3.5", 0, DECIMAL_HALF_EVEN, "4"},
        {"-2.5", 0, DECIMAL_HALF_UP, "-3"},    {"-2.5", 0, DECIMAL_HALF_DOWN, "-2"},
        {"2.1", 0, DECIMAL_UP, "3"},           {"-2.1", 0, DECIMAL_UP, "-3"},
        {"-2.9", 0, DECIMAL_DOWN, "-2"},       {"-2.1", 0, DECIMAL_FLOOR, "-3"},
        {"-2.9", 0, DECIMAL_CEILING, "-2"},    {"1234", -2, DECIMAL_HALF_EVEN, "1200"},
        {"0.001", 0, DECIMAL_CEILING, "1"},    {"1e-50", 2, DECIMAL_UP, "0.01"},
        {"1.126", 2, DECIMAL_HALF_UP, "1.13"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct decimal a = number(cases[i].a), r = {0};
        CHECK_NAMED(decimal_round(&r, &a, cases[i].scale, cases[i].how), cases[i].a);
        CHECK_NAMED(reads_as(&r, cases[i].want), cases[i].a);
    }
}

static void test_roots_and_logarithms(void)
{
    struct decimal a = number("16"), r;
    CHECK(decimal_sqrt(&r, &a) && reads_as(&r, "4"));
    a = number("2");
    CHECK(decimal_sqrt(&r, &a) && reads_as(&r, "1.414213562373095048801688724209698"));
    a = number("1e-6000");
    CHECK(decimal_sqrt(&r, &a) && reads_as(&r, "1e-3000"));
    a = number("1");
    CHECK(decimal_exp(&r, &a) && decimal_round(&r, &r, 30, DECIMAL_HALF_EVEN));
    CHECK(reads_as(&r, "2.718281828459045235360287471353"));
    a = number("10");
    CHECK(decimal_log(&r, &a) && decimal_round(&r, &r, 30, DECIMAL_HALF_EVEN));
    CHECK(reads_as(&r, "2.302585092994045684017991454684"));
    a = number("-1");
    CHECK(!decimal_log(&r, &a) && !decimal_sqrt(&r, &a));
    a = number("1e6");
    CHECK(!decimal_exp(&r, &a));
}

static uint64_t seed = 88172645463325252u;

static uint64_t random_bits(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static struct decimal random_decimal(void)
{
    decimal_coef c = ((decimal_coef)random_bits() << 64 | random_bits()) >> (random_bits() % 128);
    struct decimal d = {0};
    int64_t exp = (int64_t)(random_bits() % 60) - 40;
    if (!decimal_settle(&d, c % decimal_power_of_ten(34), exp, random_bits() & 1, false))
        printf("# cannot settle\n");
    return d;
}

/* Laws that hold exactly, over random operands of all sizes. */
static void test_laws(void)
{
    for (int i = 0; i < 200000; i++) {
        struct decimal a = random_decimal(), b = random_decimal(), p, q, r;
        CHECK(decimal_add(&p, &a, &b) && decimal_add(&q, &b, &a) && decimal_compare(&p, &q) == 0);
        CHECK(decimal_sub(&p, &a, &b) && decimal_sub(&q, &b, &a));
        q.is_negative = q.coef && !q.is_negative;
        CHECK(decimal_compare(&p, &q) == 0);
        CHECK((decimal_compare(&a, &b) < 0) == (p.is_negative && p.coef));
        CHECK(decimal_mul(&p, &a, &b) && decimal_mul(&q, &b, &a) && decimal_compare(&p, &q) == 0);
        BUF_SCOPED struct buf text = {.max = 10000};
        decimal_write(&text, &a);
        CHECK(decimal_parse(&r, buf_str(&text)) && decimal_compare(&a, &r) == 0);
        if (b.coef == 0)
            continue;
        /* |a - (a / b) × b| is within one unit of the last of 34 digits of a. */
        CHECK(decimal_div(&p, &a, &b) && decimal_mul(&q, &p, &b) && decimal_sub(&r, &q, &a));
        CHECK(r.coef == 0 || decimal_digit_count(r.coef) + r.exp <=
                                 decimal_digit_count(a.coef) + a.exp - DECIMAL_DIGITS + 1);
        CHECK(decimal_modulo(&r, &a, &b));
        CHECK(r.coef == 0 || r.is_negative == b.is_negative);
        if (check_failed_here)
            break;
    }
}

int main(void)
{
    RUN(test_text);
    RUN(test_arithmetic);
    RUN(test_rounding);
    RUN(test_roots_and_logarithms);
    RUN(test_laws);
    return check_end();
}
