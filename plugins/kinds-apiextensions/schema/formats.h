// The formats that a schema can demand of texts and numbers, and whether a text has one.
#pragma once

#include <cstdint>
#include <string_view>

namespace cleat::kinds::extensions {

enum class Format : uint8_t {
  none,
  bsonObjectId,
  uri,
  email,
  hostname,
  ipv4,
  ipv6,
  cidr,
  mac,
  uuid,
  uuid3,
  uuid4,
  uuid5,
  isbn,
  isbn10,
  isbn13,
  creditCard,
  ssn,
  hexColor,
  rgbColor,
  byte,
  password,
  date,
  duration,
  dateTime,
  shortName,
  longName,
  int32,
  int64,
  float32,
  float64,
};

// The format of that name, for values of that type ("" or "string", "integer", "number"). None if it is unknown or says
// nothing about such values.
Format formatOf(std::string_view name, std::string_view type);

// Whether the text has the format, which is one of texts.
bool hasFormat(std::string_view text, Format format);

}  // namespace cleat::kinds::extensions
