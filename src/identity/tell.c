#include "identity/tell.h"

#include "notify/notify.h"

static const struct {
    const char *zh, *en;
} WORDS[] = {
    [WAY_PASSWORD_CHANGED] = {"您的密码已更换", "Your password was changed"},
    [WAY_RESET] = {"您的账号已由管理员重置", "Your account was reset by an administrator"},
    [WAY_SECOND_ON] = {"您的动态口令已启用", "Your second factor was turned on"},
    [WAY_SECOND_OFF] = {"您的动态口令已解除", "Your second factor was turned off"},
    [WAY_PASSKEY_ADDED] = {"您的账号新增了通行密钥", "A passkey was added to your account"},
    [WAY_PASSKEY_REMOVED] = {"您的账号移除了通行密钥", "A passkey of your account was removed"},
};

bool tell_way_in(struct cx *cx, str login, enum way_in what)
{
    return notify_login(
        cx, login, (struct title){str_from(WORDS[what].zh), str_from(WORDS[what].en)},
        (struct title){STR("如非本人操作，请立即更换密码、结束其他登录并报告管理员。"),
                       STR("If it was not you: change your password, end your other sessions and "
                           "tell an administrator.")},
        STR("/account"));
}
