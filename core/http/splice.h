// Carries bytes both ways between two streams on one strand until either side has ended, at the pace of the slower one.
#pragma once

#include <cleat/sdk/task.h>

#include <memory>
#include <string>

#include "core/http/http_message.h"
#include "core/base/executor.h"

namespace cleat::http {

// `toB` and `toA` go before what is read. Completes, on the strand, with both closed.
Completion<bool> splice(base::Executor& executor, std::shared_ptr<base::Strand> strand, std::shared_ptr<ByteStream> a,
                        std::shared_ptr<ByteStream> b, std::string toB, std::string toA);

}  // namespace cleat::http
