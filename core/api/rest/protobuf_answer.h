// Answers in protobuf, for clients that ask for it: the same objects, lists, statuses and watch events. As with JSON,
// an object is encoded once and shared by all who read it.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <string_view>

#include "core/bus/cluster.h"
#include "core/http/body.h"

namespace cleat::api {

http::Body protobufObject(const object::ObjectRef& object);
http::Body protobufList(const object::Kind& kind, const bus::ListResult& list);
// The metadata of an object, or of all of a list.
std::string protobufPartial(const object::Object& object);
http::Body protobufPartialList(const bus::ListResult& list);
std::string protobufStatus(const Status& status, std::string_view continueToken = {});
// A Status of success, about something of that name and kind if they are given.
std::string protobufSuccess(int code, std::string_view name, std::string_view kind);

// Watch events, each with its length in front.
void appendProtobufEvent(http::Body& body, std::string_view type, const object::ObjectRef& object);
void appendProtobufPartialEvent(http::Body& body, std::string_view type, const object::Object& object);
std::string protobufBookmark(const object::Kind& kind, bool partial, uint64_t revision, bool initialEnd);
std::string protobufErrorEvent(const Status& status);

}  // namespace cleat::api
