#include "access/handle.h"

#include "keys/ring.h"

/* What stands behind "~" of a handle: a seal; p == NULL when it is a key as it is. */
static str seal_in(str handle)
{
    size_t i = 1;
    while (i < handle.n && handle.p[i] >= '0' && handle.p[i] <= '9')
        i++;
    bool is_handle = i < handle.n && handle.p[0] == '~' && handle.p[i] == '.';
    return is_handle ? str_slice(handle, 1, handle.n) : (str){0};
}

static bool is_open(const struct dataset *d, const struct view *v)
{
    bool ok = v != NULL;
    for (size_t i = 0; ok && i < d->key_count; i++) {
        const struct view_field *f = view_find(v, d->key[i]->name);
        ok = f && view_is_clear(f);
    }
    return ok;
}

str handle_of(struct cx *cx, const struct dataset *d, const struct view *v, str key)
{
    if (!key.n || is_open(d, v))
        return key;
    return arena_format(cx->arena, "~%.*s",
                        STR_ARG(ring_seal(cx->ring, cx->arena, KEY_USE_HANDLE, d->id, key)));
}

str handle_for_actor(struct cx *cx, const struct dataset *d, str key)
{
    struct view v;
    struct err ignored = {0};
    struct cx quiet = *cx;
    quiet.err = &ignored;
    bool may_read = cx->actor && view_for_actor(&quiet, d, &v);
    return handle_of(cx, d, may_read ? &v : NULL, key);
}

bool handle_open(struct cx *cx, const struct dataset *d, str handle, str *key)
{
    str sealed = seal_in(handle);
    if (!sealed.p) {
        *key = handle;
        return true;
    }
    if (ring_unseal(cx->ring, cx->arena, KEY_USE_HANDLE, d->id, sealed, key))
        return true;
    err_set(cx->err, ERR_MISSING, "%.*s has no record with this key", STR_ARG(d->title.en));
    return err_zh(cx->err, "“%.*s”中没有这条记录", STR_ARG(d->title.zh));
}
