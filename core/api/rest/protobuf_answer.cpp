#include "core/api/rest/protobuf_answer.h"

#include <capnp/dynamic.h>
#include <capnp/message.h>
#include <cleat/schema/kinds/meta_v1.capnp.h>
#include <cleat/sdk/whole_text.h>

#include "core/base/prefetch.h"
#include "core/object/protobuf/protobuf.h"

namespace cleat::api {
namespace {

std::string encodeStatus(capnp::MallocMessageBuilder& builder) {
  return object::encodeProtobufStruct("v1", "Status", builder.getRoot<meta_v1::Status>().asReader());
}

using RenditionRef = Ref<const object::Rendition>;

std::string openingOf(const object::Object& object, const object::Rendition& protobuf) {
  return object::protobufOpening(object.kind().apiVersion(), object.kind().name, protobuf.bytes.size());
}

std::string listOpening(const bus::ListResult& list) {
  capnp::MallocMessageBuilder builder;
  auto metadata = builder.initRoot<meta_v1::ListMeta>();
  metadata.setResourceVersion(list.revision);
  metadata.setContinue(wholeText(list.continueToken));
  if (list.remaining != 0) metadata.initRemainingItemCount().setValue(static_cast<int64_t>(list.remaining));
  return object::protobufListMetadata(metadata.asReader());
}

void share(http::Body& body, RenditionRef protobuf) {
  const std::string_view bytes = protobuf->bytes;
  body.share(std::move(protobuf), bytes);
}

}  // namespace

http::Body protobufObject(const object::ObjectRef& object) {
  RenditionRef protobuf = object->protobuf();
  http::Body body;
  body.text(openingOf(*object, *protobuf));
  share(body, std::move(protobuf));
  body.text(object::protobufClosing());
  return body;
}

http::Body protobufList(const object::Kind& kind, const bus::ListResult& list) {
  const std::string opening = listOpening(list);

  struct Item {
    RenditionRef protobuf;
    std::string head;
  };
  constexpr size_t kAhead = 8;
  auto items = std::make_shared<std::vector<Item>>();
  items->reserve(list.objects.size());
  size_t size = opening.size();
  for (size_t i = 0; i < list.objects.size(); ++i) {
    if (i + kAhead < list.objects.size()) base::prefetch(list.objects[i + kAhead].get());
    Item& item = items->emplace_back(list.objects[i]->protobuf());
    item.head = object::protobufItemOpening(item.protobuf->bytes.size());
    size += item.head.size() + item.protobuf->bytes.size();
  }
  http::Body body;
  body.reserve(2 * items->size() + 2);
  body.text(object::protobufOpening(kind.apiVersion(), kind.listName, size));
  body.text(opening);
  for (const Item& item : *items) {
    body.refer(item.head);
    body.refer(item.protobuf->bytes);
  }
  body.hold(std::move(items));
  body.text(object::protobufClosing());
  return body;
}

std::string protobufPartial(const object::Object& object) {
  return object::encodeProtobufPartial(object.message()->words());
}

http::Body protobufPartialList(const bus::ListResult& list) {
  std::string message = listOpening(list);
  for (const auto& object : list.objects) {
    const std::string item = object::encodeProtobufPartialMessage(object->message()->words());
    message += object::protobufItemOpening(item.size());
    message += item;
  }
  http::Body body(object::protobufOpening("meta.k8s.io/v1", "PartialObjectMetadataList", message.size()));
  body.text(message);
  body.text(object::protobufClosing());
  return body;
}

std::string protobufStatus(const Status& status, std::string_view continueToken) {
  capnp::MallocMessageBuilder builder;
  auto root = builder.initRoot<meta_v1::Status>();
  root.setStatus("Failure");
  if (!continueToken.empty())
    root.initMetadata().setContinue(kj::heapString(continueToken.data(), continueToken.size()));
  root.setMessage(wholeText(status.message));
  root.setReason(wholeText(status.reason));
  root.setCode(status.code);
  auto details = root.initDetails();
  details.setName(wholeText(status.details.name));
  details.setGroup(wholeText(status.details.group));
  details.setKind(wholeText(status.details.kind));
  details.setUid(wholeText(status.details.uid));
  details.setRetryAfterSeconds(static_cast<int32_t>(status.details.retryAfterSeconds));
  auto causes = details.initCauses(static_cast<unsigned>(status.details.causes.size()));
  for (unsigned i = 0; i < causes.size(); ++i) {
    causes[i].setReason(wholeText(status.details.causes[i].reason));
    causes[i].setMessage(wholeText(status.details.causes[i].message));
    causes[i].setField(wholeText(status.details.causes[i].field));
  }
  return encodeStatus(builder);
}

std::string protobufSuccess(int code, std::string_view name, std::string_view kind) {
  capnp::MallocMessageBuilder builder;
  auto root = builder.initRoot<meta_v1::Status>();
  root.setStatus("Success");
  root.setCode(code);
  if (!name.empty() || !kind.empty()) {
    auto details = root.initDetails();
    details.setName(kj::heapString(name.data(), name.size()));
    details.setKind(kj::heapString(kind.data(), kind.size()));
  }
  return encodeStatus(builder);
}

void appendProtobufEvent(http::Body& body, std::string_view type, const object::ObjectRef& object) {
  RenditionRef protobuf = object->protobuf();
  const std::string opening = openingOf(*object, *protobuf);
  body.text(
      object::protobufEventOpening(type, opening.size() + protobuf->bytes.size() + object::protobufClosing().size()));
  body.text(opening);
  share(body, std::move(protobuf));
  body.text(object::protobufClosing());
}

void appendProtobufPartialEvent(http::Body& body, std::string_view type, const object::Object& object) {
  body.text(object::frameProtobufEvent(type, protobufPartial(object)));
}

std::string protobufBookmark(const object::Kind& kind, bool partial, uint64_t revision, bool initialEnd) {
  capnp::MallocMessageBuilder builder;
  auto metadata = builder.initRoot<meta_v1::AnyObject>().initMetadata();
  metadata.setResourceVersion(revision);
  if (initialEnd) {
    auto annotations = metadata.initAnnotations(1);
    annotations[0].setKey("k8s.io/initial-events-end");
    annotations[0].setValue("true");
  }
  auto message = object::Message::copy(builder.getRoot<capnp::AnyStruct>().asReader());
  return object::frameProtobufEvent("BOOKMARK", partial ? object::encodeProtobufPartial(message->words())
                                                        : object::encodeProtobuf(kind, message->words()));
}

std::string protobufErrorEvent(const Status& status) {
  return object::frameProtobufEvent("ERROR", protobufStatus(status));
}

}  // namespace cleat::api
