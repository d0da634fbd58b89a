#include "webhook-common/conversion_review.h"

#include <cleat/schema/kinds/open_v1.capnp.h>
#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/text.h>

#include "kinds-common/metadata.h"
#include "policy-common/json_values.h"
#include "policy-common/object_json.h"
#include "policy-common/struct_writer.h"

namespace cleat::webhook {

namespace {

using policy::Document;

std::string textOf(const Document& object, std::string_view name) {
  const Document* member = object.find(name);
  return member ? member->text : std::string();
}

std::string apiVersion(const Conversion& conversion, const std::string& version) {
  return concat(conversion.group, "/", version);
}

// As Go names the type of a value that JSON was read into.
std::string_view goType(const Document& value) {
  switch (value.type) {
    case Document::Type::null: return "<nil>";
    case Document::Type::boolean: return "bool";
    case Document::Type::integer: return "int64";
    case Document::Type::number: return "float64";
    case Document::Type::text: return "string";
    case Document::Type::list: return "[]interface {}";
    default: return "map[string]interface {}";
  }
}

std::unexpected<Status> failed(const Conversion& conversion, std::string_view why) {
  return fail(conversionFailure(conversion, why));
}

// What a conversion says of a metadata that is none; empty: it is one.
std::string wrongMetadata(const Document* metadata) {
  if (!metadata) return "missing metadata in converted object";
  if (!metadata->isObject()) return concat("invalid metadata of type ", goType(*metadata), " in converted object");
  for (const char* field : {"labels", "annotations"}) {
    const Document* texts = metadata->find(field);
    if (!texts || texts->type == Document::Type::null) continue;
    if (!texts->isObject()) {
      return concat("invalid metadata.", field, " of type ", goType(*texts), " in converted object");
    }
    for (size_t i = 0; i < texts->items.size(); ++i) {
      if (texts->items[i].type == Document::Type::text) continue;
      return concat("metadata.", field, "[", texts->names[i], "] must be a string, but is ", goType(texts->items[i]),
                    " in converted object");
    }
  }
  return {};
}

// What of who the object is has become another; empty: nothing.
std::string changedIdentity(const Document& made, const AnyRef& before) {
  static const Document kNone = Document::object();
  const Document* metadata = made.find("metadata");
  if (!metadata || !metadata->isObject()) metadata = &kNone;
  const auto differs = [&](std::string_view what, std::string_view member, std::string_view was) {
    const std::string is = textOf(*metadata, member);
    return is == was ? std::string() : concat("must have the same ", what, ": ", was, " != ", is);
  };
  std::string wrong = differs("name", "name", before.name());
  if (wrong.empty()) wrong = differs("namespace", "namespace", before.ns());
  return wrong.empty() ? differs("UID", "uid", before.uid()) : wrong;
}

// Those that are new are held against the rules for them.
std::string wrongTexts(meta_v1::ObjectMeta::Reader made, meta_v1::ObjectMeta::Reader before) {
  kinds::Findings findings;
  const kinds::Path metadata("metadata");
  const auto same = [](TextMapReader a, TextMapReader b) { return a.size() == b.size() && isSubset(a, b); };
  if (!same(made.getLabels(), before.getLabels())) kinds::checkLabels(made.getLabels(), metadata / "labels", findings);
  if (!same(made.getAnnotations(), before.getAnnotations())) {
    kinds::checkAnnotations(made.getAnnotations(), metadata / "annotation", findings);
  }
  return kinds::violationsText(findings);
}

// Everything but labels and annotations is as it was.
Result<AnyRef> withOldMetadata(const Document& made, const AnyRef& before) {
  CLEAT_TRY(auto draft, policy::writtenObject(made, std::nullopt));
  auto root = draft.message().getRoot<meta_v1::AnyObject>();
  Draft<meta_v1::ObjectMeta> converted(root.getMetadata().asReader());
  if (std::string wrong = wrongTexts(converted.reader(), before.meta()); !wrong.empty()) {
    return fail(Status::internal(std::move(wrong)));
  }
  root.setMetadata(before.meta());
  root.getMetadata().setLabels(converted.reader().getLabels());
  root.getMetadata().setAnnotations(converted.reader().getAnnotations());
  return std::move(draft).freezeAny();
}

// Of one object that was sent alone Kubernetes speaks in other words than of one among others.
struct Wording {
  bool isAlone;
  size_t index;

  std::string object() const { return isAlone ? concat("returned invalid object at index ", index, ": ") : whole(); }
  std::string whole() const {
    return isAlone ? "returned invalid object: " : concat("returned invalid converted object at index ", index, ": ");
  }
  std::string metadata() const {
    return isAlone ? "returned invalid metadata: "
                   : concat("returned invalid metadata in object at index ", index, ": ");
  }
};

Result<AnyRef> readObject(JsonView json, const Conversion& conversion, size_t index) {
  const AnyRef& before = conversion.objects[index];
  const Wording says{conversion.objects.size() == 1, index};
  auto made = policy::documentOf(policy::jsonValue(json));
  if (!made || !made->isObject()) return failed(conversion, concat(says.object(), "no object"));
  const std::string expected = apiVersion(conversion, conversion.to), got = textOf(*made, "apiVersion");
  if (got != expected) {
    return failed(conversion,
                  concat(says.object(), "invalid groupVersion (expected ", expected, ", received ", got, ")"));
  }
  const std::string kind = textOf(*made, "kind");
  if (kind != conversion.kind) {
    return failed(conversion,
                  concat(says.object(), "invalid kind (expected ", conversion.kind, ", received ", kind, ")"));
  }
  std::string wrong = changedIdentity(*made, before);
  if (!wrong.empty()) return failed(conversion, concat(says.whole(), wrong));
  wrong = wrongMetadata(made->find("metadata"));
  if (!wrong.empty()) return failed(conversion, concat(says.metadata(), wrong));
  auto whole = withOldMetadata(*made, before);
  if (!whole) return failed(conversion, concat(says.metadata(), whole.error().message));
  return whole;
}

// The answer's `response`, after it was found to be one.
Result<JsonView> responseIn(JsonView review, const Conversion& conversion) {
  const auto text = [](const std::optional<JsonView>& member) { return member ? member->text() : std::string_view(); };
  const std::string wanted = concat("apiextensions.k8s.io/", conversion.reviewVersion);
  // What an older one says of itself counts for nothing.
  const bool says = conversion.reviewVersion != "v1beta1";
  if (says && (text(review.member("apiVersion")) != wanted || text(review.member("kind")) != "ConversionReview")) {
    return failed(conversion, concat("failed: expected webhook response of ", wanted, ", Kind=ConversionReview, got ",
                                     text(review.member("apiVersion")), ", Kind=", text(review.member("kind"))));
  }
  auto response = review.member("response");
  if (!response || !response->isObject()) return failed(conversion, "failed: no response provided");
  const std::string_view uid = text(response->member("uid"));
  if (conversion.reviewVersion == "v1" && uid != conversion.uid) {
    return failed(conversion,
                  concat("failed: expected response.uid=", inQuotes(conversion.uid), ", got ", inQuotes(uid)));
  }
  auto result = response->member("result");
  if (!result || text(result->member("status")) != "Success") {
    const std::string_view why = result ? text(result->member("message")) : std::string_view();
    if (!why.empty()) return failed(conversion, concat("failed: ", why));
    const std::string_view status = result ? text(result->member("status")) : std::string_view();
    return failed(conversion, concat("failed: response.result.status was '", status, "', not 'Success'"));
  }
  return *response;
}

}  // namespace

Status conversionFailure(const Conversion& conversion, std::string_view why) {
  Status status = Status::internal(
      concat("conversion webhook for ", apiVersion(conversion, conversion.from), ", Kind=", conversion.kind, " ", why));
  status.reason.clear();  // as Kubernetes, which has none for it
  return status;
}

Result<std::string> conversionText(const Conversion& conversion) {
  std::string out = concat(R"({"kind":"ConversionReview","apiVersion":"apiextensions.k8s.io/)",
                           conversion.reviewVersion, R"(","request":{"uid":)");
  appendJsonText(out, conversion.uid);
  out += R"(,"desiredAPIVersion":)";
  appendJsonText(out, apiVersion(conversion, conversion.to));
  out += R"(,"objects":[)";
  const policy::KindKey kind{conversion.group, conversion.from, conversion.kind};
  for (size_t i = 0; i < conversion.objects.size(); ++i) {
    if (i > 0) out += ',';
    CLEAT_TRY(policy::appendObjectJson(out, conversion.objects[i], kind, true));
  }
  return out + "]}}";
}

Result<std::vector<AnyRef>> readConversion(std::string_view text, const Conversion& conversion) {
  auto parsed = JsonTree::parse(text);
  if (!parsed) return failed(conversion, concat("failed: ", parsed.error().message));
  CLEAT_TRY(const JsonView response, responseIn(parsed->view(), conversion));
  auto objects = response.member("convertedObjects");
  const size_t count = objects ? objects->items().size() : 0;
  if (count != conversion.objects.size()) {
    return failed(conversion, concat("returned ", count, " objects, expected ", conversion.objects.size()));
  }
  std::vector<AnyRef> made;
  for (uint32_t i = 0; i < count; ++i) {
    CLEAT_TRY(AnyRef object, readObject(objects->items()[i], conversion, i));
    made.push_back(std::move(object));
  }
  return made;
}

}  // namespace cleat::webhook
