// What a request asks of flow control, as its head says it.
#pragma once

#include "core/api/flow/flow_table.h"
#include "core/api/rest/resource_path.h"
#include "core/http/http_message.h"
#include "core/store/snapshot.h"

namespace cleat::api {

// `kind`: that of the path; null where it has none that is known. `lasts`: it is a watch, or a connection with what
// stands behind the API. The answer refers to the others.
FlowQuestion flowQuestion(const http::Request& request, const ParsedPath& path, const object::Kind* kind, bool lasts,
                          const bus::User& user);

// How many objects a request about a collection may have to look at; of a watch, those that it begins with.
size_t objectsAsked(const http::Request& request, const FlowQuestion& question, const object::Kind* kind,
                    const store::Snapshot& snapshot);

// Whether it may change objects, so that those are told who watch them.
bool changesObjects(const FlowQuestion& question, const object::Kind* kind);

}  // namespace cleat::api
