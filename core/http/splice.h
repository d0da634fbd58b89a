// Carries bytes both ways between two streams on one strand until either side has ended, at the pace of the slower one.
#pragma once

#include <cleat/sdk/task.h>

#include <memory>

#include "core/base/executor.h"
#include "core/http/byte_stream.h"

namespace cleat::http {

// Completes, on the strand, with both closed.
Completion<bool> splice(base::Executor& executor, std::shared_ptr<base::Strand> strand, std::shared_ptr<ByteStream> a,
                        std::shared_ptr<ByteStream> b);

}  // namespace cleat::http
