#include "feel/zone.h"

#include "base/arena.h"

#include <pthread.h>

#define ZONE_DIRECTORY "/usr/share/zoneinfo/"

struct rule {  /* when daylight saving time begins or ends, of the POSIX TZ footer */
    char form; /* 'M' month.week.day, 'J' day 1..365 without leap day, 'N' day 0..365 */
    int month, week, day;
    int32_t second;
};

struct zone {
    struct zone *next;
    str name;
    size_t n;
    int64_t *at; /* n instants, ascending */
    int32_t *offset;
    int32_t first; /* before at[0] */
    bool has_rule, has_summer;
    int32_t standard, summer;
    struct rule begin, end;
};

struct bytes {
    const unsigned char *p;
    size_t n;
};

static int64_t take_int(struct bytes *b, size_t size)
{
    int64_t v = 0;
    for (size_t i = 0; i < size; i++)
        v = (int64_t)((uint64_t)(i ? v : (b->p[0] & 0x80 ? -1 : 0)) << 8 | b->p[i]);
    b->p += size;
    b->n -= size;
    return v;
}

struct header {
    size_t utc_count, std_count, leap_count, time_count, type_count, char_count;
};

static bool take_header(struct bytes *b, struct header *h)
{
    if (b->n < 44 || memcmp(b->p, "TZif", 4) != 0 || b->p[4] < '2')
        return false;
    *b = (struct bytes){b->p + 20, b->n - 20};
    size_t *fields[] = {&h->utc_count,  &h->std_count,  &h->leap_count,
                        &h->time_count, &h->type_count, &h->char_count};
    for (size_t i = 0; i < COUNT(fields); i++)
        *fields[i] = (size_t)take_int(b, 4) & 0xffff;
    return true;
}

static size_t block_size(const struct header *h, size_t time_size)
{
    return h->time_count * (time_size + 1) + h->type_count * 6 + h->char_count +
           h->leap_count * (time_size + 4) + h->std_count + h->utc_count;
}

static bool take_block(struct bytes *b, const struct header *h, struct zone *z, struct arena *a)
{
    if (h->type_count == 0 || b->n < block_size(h, 8))
        return false;
    struct bytes times = {b->p, h->time_count * 8}, types = {b->p + times.n, h->time_count};
    const unsigned char *infos = types.p + types.n;
    z->n = h->time_count;
    z->at = arena_array(a, int64_t, z->n);
    z->offset = arena_array(a, int32_t, z->n);
    struct bytes first = {infos, 4};
    z->first = (int32_t)take_int(&first, 4);
    for (size_t i = 0; i < z->n; i++) {
        z->at[i] = take_int(&times, 8);
        if (types.p[i] >= h->type_count)
            return false;
        struct bytes info = {infos + types.p[i] * 6, 4};
        z->offset[i] = (int32_t)take_int(&info, 4);
    }
    *b = (struct bytes){b->p + block_size(h, 8), b->n - block_size(h, 8)};
    return true;
}

static int take_number(str *s)
{
    int v = 0;
    while (s->n && *s->p >= '0' && *s->p <= '9' && v < 100000) {
        v = v * 10 + (*s->p - '0');
        *s = str_slice(*s, 1, s->n);
    }
    return v;
}

/* [+-]hh[:mm[:ss]] in seconds */
static int32_t take_hours(str *s)
{
    int sign = 1, unit = 3600, v = 0;
    if (s->n && (*s->p == '-' || *s->p == '+')) {
        sign = *s->p == '-' ? -1 : 1;
        *s = str_slice(*s, 1, s->n);
    }
    for (;; unit /= 60) {
        v += take_number(s) * unit;
        if (unit == 1 || s->n == 0 || *s->p != ':')
            return sign * v;
        *s = str_slice(*s, 1, s->n);
    }
}

static bool skip_abbreviation(str *s)
{
    bool quoted = s->n && *s->p == '<';
    size_t i = 0;
    while (i < s->n && (quoted ? s->p[i] != '>' : strchr("+-,0123456789", s->p[i]) == NULL))
        i++;
    *s = str_slice(*s, i + quoted, s->n);
    return i > 0;
}

static bool take_rule(str *s, struct rule *r)
{
    if (s->n < 2 || *s->p != ',')
        return false;
    *s = str_slice(*s, 1, s->n);
    *r = (struct rule){.form = 'N', .second = 7200};
    if (*s->p == 'M' || *s->p == 'J') {
        r->form = *s->p;
        *s = str_slice(*s, 1, s->n);
    }
    int first = take_number(s);
    if (r->form == 'M') {
        r->month = first;
        *s = str_slice(*s, 1, s->n);
        r->week = take_number(s);
        *s = str_slice(*s, 1, s->n);
        r->day = take_number(s);
    } else {
        r->day = first;
    }
    if (s->n && *s->p == '/') {
        *s = str_slice(*s, 1, s->n);
        r->second = take_hours(s);
    }
    return true;
}

/* The footer: what holds after the last transition, such as "CET-1CEST,M3.5.0,M10.5.0/3". */
static void read_footer(struct zone *z, str s)
{
    if (s.n < 2 || *s.p != '\n')
        return;
    s = str_slice(s, 1, s.n - 1);
    if (!skip_abbreviation(&s))
        return;
    z->standard = -take_hours(&s);
    z->has_rule = true;
    if (!s.n || !skip_abbreviation(&s))
        return;
    z->summer = z->standard + 3600;
    if (s.n && *s.p != ',')
        z->summer = -take_hours(&s);
    z->has_summer = take_rule(&s, &z->begin) && take_rule(&s, &z->end);
}

static int64_t day_of(int64_t year, int month, int day)
{
    int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && a < 0);
}

static int64_t year_of(int64_t day)
{
    int64_t year = 1970 + floor_div(day, 366); /* never too late going forward: step up */
    year = day < 0 ? 1970 + floor_div(day, 365) : year;
    while (day_of(year + 1, 1, 1) <= day)
        year += 1 + (day - day_of(year + 1, 1, 1)) / 366;
    return year;
}

static int64_t rule_second(const struct rule *r, int64_t year)
{
    int64_t day;
    bool is_leap = day_of(year, 3, 1) - day_of(year, 2, 28) == 2;
    if (r->form == 'M') {
        int64_t first = day_of(year, r->month, 1);
        int64_t next = r->month == 12 ? day_of(year + 1, 1, 1) : day_of(year, r->month + 1, 1);
        int64_t weekday = (first % 7 + 11) % 7; /* 1970-01-01 was a Thursday; Sunday is 0 */
        day = first + (r->day - weekday + 7) % 7 + (r->week - 1) * 7;
        while (day >= next)
            day -= 7;
    } else {
        day = day_of(year, 1, 1) + r->day;
        if (r->form == 'J')
            day += is_leap && r->day >= 60 ? 0 : -1;
    }
    return day * 86400 + r->second;
}

static int32_t rule_offset(const struct zone *z, int64_t utc)
{
    if (!z->has_summer)
        return z->standard;
    int64_t year = year_of(floor_div(utc + z->standard, 86400));
    int64_t begin = rule_second(&z->begin, year) - z->standard;
    int64_t end = rule_second(&z->end, year) - z->summer;
    bool is_summer = begin < end ? utc >= begin && utc < end : utc >= begin || utc < end;
    return is_summer ? z->summer : z->standard;
}

int32_t zone_offset_at(const struct zone *z, int64_t utc)
{
    if (z->n == 0 || utc >= z->at[z->n - 1]) {
        if (z->has_rule)
            return rule_offset(z, utc);
        return z->n ? z->offset[z->n - 1] : z->first;
    }
    if (utc < z->at[0])
        return z->first;
    size_t low = 0, high = z->n - 1; /* at[low] <= utc < at[high] */
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (z->at[middle] <= utc)
            low = middle;
        else
            high = middle;
    }
    return z->offset[low];
}

int32_t zone_offset_local(const struct zone *z, int64_t local)
{
    int32_t before = zone_offset_at(z, local - 86400), after = zone_offset_at(z, local + 86400);
    if (before == after || zone_offset_at(z, local - before) == before)
        return before;
    return zone_offset_at(z, local - after) == after ? after : before;
}

str zone_name(const struct zone *z)
{
    return z->name;
}

static bool is_plain_name(str name)
{
    if (name.n == 0 || name.n > 100 || *name.p == '/' || *name.p == '.')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool is_plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                        (c >= '0' && c <= '9') || c == '/' || c == '_' || c == '-' || c == '+';
        if (!is_plain)
            return false;
    }
    return true;
}

static struct arena zone_arena;
static struct zone *zone_list;
static pthread_mutex_t zone_lock = PTHREAD_MUTEX_INITIALIZER;

static struct zone *read_zone(str name)
{
    char path[160];
    snprintf(path, sizeof path, ZONE_DIRECTORY "%.*s", STR_ARG(name));
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    static unsigned char content[1 << 16]; /* under zone_lock */
    size_t n = fread(content, 1, sizeof content, f);
    fclose(f);
    struct bytes b = {content, n};
    struct header h;
    struct zone *z = arena_new(&zone_arena, struct zone);
    z->name = arena_copy(&zone_arena, name);
    if (!take_header(&b, &h) || b.n < block_size(&h, 4))
        return NULL;
    b = (struct bytes){b.p + block_size(&h, 4), b.n - block_size(&h, 4)};
    if (!take_header(&b, &h) || !take_block(&b, &h, z, &zone_arena))
        return NULL;
    read_footer(z, (str){(const char *)b.p, b.n});
    return z;
}

const struct zone *zone_find(str name)
{
    if (!is_plain_name(name))
        return NULL;
    pthread_mutex_lock(&zone_lock);
    struct zone *z = zone_list;
    while (z && !str_equal(z->name, name))
        z = z->next;
    if (!z && (z = read_zone(name))) {
        z->next = zone_list;
        zone_list = z;
    }
    pthread_mutex_unlock(&zone_lock);
    return z;
}
