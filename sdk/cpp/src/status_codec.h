// Between cleat::Status and the messages in which it crosses the ABI.
#pragma once

#include <cleat/sdk/object.h>
#include <cleat/sdk/status.h>
#include <cleat_abi.h>

namespace cleat::detail {

// `words` is a wire::Status or empty.
Status decodeStatus(int32_t outcome, cleat_words words);
AnyDraft encodeStatus(const Status& status);

}  // namespace cleat::detail
