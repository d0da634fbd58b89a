// What a request on a resource asks for by its form: the method, the path and the header Accept.
#pragma once

#include "core/api/rest/rest_request.h"
#include "core/api/rest/verb.h"

namespace cleat::api {

// The verb, if the path has the form that it and the kind's scope want; 404 or 405 otherwise.
Result<Verb> checkedVerb(const RestRequest& request);
// Whether a connection with what stands behind the API may begin by this method.
bool mayConnect(const object::Subresource& subresource, std::string_view method);
// How the answer shall look; 406 when it cannot look so.
Result<Accepted> acceptedForm(const RestRequest& request, Verb verb);

}  // namespace cleat::api
