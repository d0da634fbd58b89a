// Reading the bodies of writes: from JSON or YAML to a kind's message, with Kubernetes' words for what does not fit.
#pragma once

#include "core/api/rest/rest_request.h"
#include "core/object/codec.h"

namespace cleat::api {

// ?fieldValidation=, by default Warn. 422 for anything but Ignore, Warn and Strict.
Result<object::FieldValidation> readFieldValidation(const Query& query, std::string_view optionsKind);

// The request's body as an object of `kind`. Its apiVersion and kind, where given, must be the kind's.
Result<object::Decoded> readObject(const RestRequest& request, const object::Kind& kind,
                                   object::FieldValidation validation);

// ?dryRun=, ?fieldManager= (and the client's name where there is none) and ?fieldValidation=.
Result<bus::WriteOptions> readWriteOptions(RestRequest& request, std::string_view optionsKind);

// Of the body, if there is one, and else of the query.
Result<bus::DeleteOptions> readDeleteOptions(RestRequest& request);

}  // namespace cleat::api
