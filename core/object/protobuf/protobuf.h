// Objects in the protobuf form of the Kubernetes API (application/vnd.kubernetes.protobuf): "k8s\0" and an envelope
// that names the kind around the message, whose field numbers the schema gives by $proto. Reading is liberal: any
// order, unknown fields skipped.
#pragma once

#include <capnp/dynamic.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/object/codec.h"

namespace cleat::object {

// What a body begins with, before its envelope.
inline constexpr std::string_view kProtobufMagic{"k8s\0", 4};

struct ProtobufEnvelope {
  std::string apiVersion, kind;
  std::string_view raw;  // the message, in the body
};

Result<ProtobufEnvelope> openProtobuf(std::string_view body, const Limits& limits = {});

// What stood in the envelope of a list, taken apart: its ListMeta and the messages of its items.
struct ProtobufList {
  std::string_view metadata;
  std::vector<std::string_view> items;
};
Result<ProtobufList> openProtobufList(std::string_view raw);

// Of what stood in the envelope.
Result<Decoded> decodeProtobuf(const Kind& kind, std::string_view raw);
Result<Decoded> decodeProtobufStruct(capnp::StructSchema schema, std::string_view raw);

// A whole body.
std::string encodeProtobuf(const Kind& kind, Words words);
std::string encodeProtobufStruct(std::string_view apiVersion, std::string_view kind,
                                 capnp::DynamicStruct::Reader reader);
// A watch event with its length in front, as a protobuf watch stream frames it; `object` is a whole body.
std::string frameProtobufEvent(std::string_view type, std::string_view object);

// Bodies around messages that are there already (Object::protobuf), which need not be copied for it.
std::string encodeProtobufMessage(const Kind& kind, Words words);
// A PartialObjectMetadata of an object of any kind, open ones too; and as an item of their list.
std::string encodeProtobufPartial(Words words);
std::string encodeProtobufPartialMessage(Words words);
// What stands before a message of so many bytes, and behind it.
std::string protobufOpening(std::string_view apiVersion, std::string_view kind, size_t messageSize);
std::string_view protobufClosing();
// Of the message of a list: its metadata, and what stands before each item.
std::string protobufListMetadata(meta_v1::ListMeta::Reader metadata);
std::string protobufItemOpening(size_t itemSize);
// What stands before the body of an event's object, which ends the event.
std::string protobufEventOpening(std::string_view type, size_t bodySize);

}  // namespace cleat::object
