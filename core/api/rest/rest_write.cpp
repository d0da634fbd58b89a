// create, update, patch, delete and deletecollection.
#include <cleat/sdk/text.h>

#include "core/api/rest/body_reader.h"
#include "core/gate/names.h"

namespace cleat::api {
namespace {

void take(std::vector<std::string>& to, std::vector<std::string> from) {
  for (auto& text : from) to.push_back(std::move(text));
}

Task<void> answerWritten(RestRequest& request, int code, bus::Written written) {
  take(request.warnings, std::move(written.warnings));
  if (written.object) co_return co_await answerObject(request, code, std::move(written.object));
  co_await answerSuccess(request, code);
}

// What the body is called must agree with the URL.
Result<void> checkIdentity(const RestRequest& request, const object::Message& body) {
  std::string_view name = view(body.meta().getName()), ns = view(body.meta().getNamespace());
  const bus::Target& target = request.target;
  if (name.empty()) {
    return fail(Status::badRequest("the name of the object (" + target.name +
                                   " based on URL) was undeterminable: name must be provided"));
  }
  return gate::checkAddress(ns, name, target);
}

bus::PatchType patchType(PatchMedia media) {
  switch (media) {
    case PatchMedia::json: return bus::PatchType::json;
    case PatchMedia::merge: return bus::PatchType::merge;
    case PatchMedia::strategic: return bus::PatchType::strategic;
    case PatchMedia::apply: return bus::PatchType::apply;
  }
  return bus::PatchType::merge;
}

Status invalidPatchOptions(std::string reason, std::string message, std::string field) {
  std::vector<StatusCause> causes{{std::move(reason), std::move(message), std::move(field)}};
  return Status::invalid("PatchOptions.meta.k8s.io", "", std::move(causes));
}

Result<void> checkPatchOptions(const RestRequest& request, PatchMedia media) {
  if (media == PatchMedia::apply && request.query.get("fieldManager").empty()) {
    return fail(
        invalidPatchOptions("FieldValueRequired", "Required value: is required for apply patch", "fieldManager"));
  }
  if (media != PatchMedia::apply && request.query.has("force")) {
    return fail(
        invalidPatchOptions("FieldValueForbidden", "Forbidden: may not be specified for non-apply patch", "force"));
  }
  return {};
}

}  // namespace

Task<void> serveCreate(RestRequest& request) {
  bool whole = co_await takeBody(request);
  if (!whole) co_return;
  Result<bus::WriteOptions> options = readWriteOptions(request, "CreateOptions");
  if (!options) co_return co_await refuseRequest(request, options.error());
  Result<object::Decoded> body = readObject(request, request.bodyKind(), options->fieldValidation);
  if (!body) co_return co_await refuseRequest(request, body.error());
  take(request.warnings, std::move(body->warnings));
  Result<bus::Written> written =
      co_await request.ask(&gate::Gate::create, request.user, request.target, std::move(body->message), *options);
  if (!written) co_return co_await answerError(request, written.error());
  co_await answerWritten(request, 201, std::move(*written));
}

Task<void> serveUpdate(RestRequest& request) {
  bool whole = co_await takeBody(request);
  if (!whole) co_return;
  Result<bus::WriteOptions> options = readWriteOptions(request, "UpdateOptions");
  if (!options) co_return co_await refuseRequest(request, options.error());
  Result<object::Decoded> body = readObject(request, request.bodyKind(), options->fieldValidation);
  if (!body) co_return co_await refuseRequest(request, body.error());
  Result<void> fits = checkIdentity(request, *body->message);
  if (!fits) co_return co_await refuseRequest(request, fits.error());
  take(request.warnings, std::move(body->warnings));
  Result<bus::Written> written =
      co_await request.ask(&gate::Gate::update, request.user, request.target, std::move(body->message), *options);
  if (!written) co_return co_await answerError(request, written.error());
  co_await answerWritten(request, written->created ? 201 : 200, std::move(*written));
}

Task<void> servePatch(RestRequest& request) {
  bool whole = co_await takeBody(request);
  if (!whole) co_return;
  http::Request& sent = request.exchange.mutableRequest();
  Result<PatchMedia> media = patchMedia(sent.headers.get("Content-Type"), !request.bodyKind().open);
  if (!media) co_return co_await refuseRequest(request, media.error());
  Result<bus::WriteOptions> options = readWriteOptions(request, "PatchOptions");
  if (!options) co_return co_await refuseRequest(request, options.error());
  Result<void> fits = checkPatchOptions(request, *media);
  if (!fits) co_return co_await refuseRequest(request, fits.error());
  std::string body = std::move(sent.body);
  Result<bus::Written> written =
      co_await request.ask(&gate::Gate::patch, request.user, request.target, patchType(*media), std::move(body),
                           *options, request.query.flag("force"));
  if (!written) co_return co_await answerError(request, written.error());
  co_await answerWritten(request, written->created ? 201 : 200, std::move(*written));
}

Task<void> serveDelete(RestRequest& request) {
  bool whole = co_await takeBody(request);
  if (!whole) co_return;
  Result<bus::DeleteOptions> options = readDeleteOptions(request);
  if (!options) co_return co_await refuseRequest(request, options.error());
  Result<bus::Written> written = co_await request.ask(&gate::Gate::remove, request.user, request.target, *options);
  if (!written) co_return co_await answerError(request, written.error());
  take(request.warnings, std::move(written->warnings));
  if (!written->object) {
    co_return co_await answerSuccess(request, 200, request.target.name, request.kind().plural);
  }
  // What is gone at once is only named, but for kinds whose clients expect the object either way.
  if (written->removed && !written->object->kind().returnsDeleted) {
    co_return co_await answerDeleted(request, std::move(written->object));
  }
  const bool waits = !written->removed && options->orphanDependents == false;
  co_await answerObject(request, waits ? 202 : 200, std::move(written->object));
}

Task<void> serveDeleteCollection(RestRequest& request) {
  bool whole = co_await takeBody(request);
  if (!whole) co_return;
  Result<ListParameters> selection = readListParameters(request.query, false);
  if (!selection) co_return co_await refuseRequest(request, selection.error());
  Result<bus::DeleteOptions> options = readDeleteOptions(request);
  if (!options) co_return co_await refuseRequest(request, options.error());
  Result<bus::ListResult> removed =
      co_await request.ask(&gate::Gate::removeCollection, request.user, request.target, selection->options, *options);
  if (!removed) co_return co_await answerError(request, removed.error());
  take(request.warnings, std::move(removed->warnings));
  co_await answerList(request, std::move(*removed));
}

}  // namespace cleat::api
