/* json_subset.h: tells whether a text is one object of a plain part of JSON: ASCII, no \u escapes, no exponents, 32
 * levels. The echo plugin mirrors nothing else, for its reply must be JSON. Keeps nothing; safe on any thread. */
#ifndef JSON_SUBSET_H
#define JSON_SUBSET_H

#include <string.h>

static const char* after_space(const char* at, const char* end) {
  while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) ++at;
  return at;
}

/* Each of these returns where the thing that begins at `at` ends, or NULL when none does. */
static const char* after_string(const char* at, const char* end) {
  if (at >= end || *at != '"') return NULL;
  for (++at; at < end && *at >= 0x20 && *at < 0x7f; ++at) {
    if (*at == '"') return at + 1;
    if (*at == '\\' && (++at >= end || strchr("\"\\/bfnrt", *at) == NULL || *at == '\0')) return NULL;
  }
  return NULL;
}

static const char* after_number(const char* at, const char* end) {
  if (at < end && *at == '-') ++at;
  const char* const digits = at;
  while (at < end && *at >= '0' && *at <= '9') ++at;
  return at == digits || (*digits == '0' && at - digits > 1) ? NULL : at;
}

static const char* after_value(const char* at, const char* end, int levels) {
  static const char* const words[] = {"true", "false", "null"};
  if (at >= end || levels == 0) return NULL;
  if (*at == '"') return after_string(at, end);
  for (size_t i = 0; i < sizeof words / sizeof words[0]; ++i) {
    const size_t size = strlen(words[i]);
    if ((size_t)(end - at) >= size && memcmp(at, words[i], size) == 0) return at + size;
  }
  if (*at != '{' && *at != '[') return after_number(at, end);
  const char closing = *at == '{' ? '}' : ']';
  at = after_space(at + 1, end);
  if (at < end && *at == closing) return at + 1;
  for (;;) {
    if (closing == '}') {
      at = after_string(at, end);
      if (at == NULL) return NULL;
      at = after_space(at, end);
      if (at >= end || *at != ':') return NULL;
      at = after_space(at + 1, end);
    }
    at = after_value(at, end, levels - 1);
    if (at == NULL) return NULL;
    at = after_space(at, end);
    if (at < end && *at == closing) return at + 1;
    if (at >= end || *at != ',') return NULL;
    at = after_space(at + 1, end);
  }
}

static int is_plain_object(const char* text, size_t size) {
  return size > 0 && *text == '{' && after_value(text, text + size, 32) == text + size;
}

#endif
