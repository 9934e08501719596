// SPDX-License-Identifier: Apache-2.0
#include "upstream/source_answer.h"

#include "http/conditional.h"
#include "http/range.h"
#include "http/text.h"
#include "hub/resolve_answer.h"
#include "upstream/blob_answer.h"
#include "upstream/redirect_trail.h"

namespace weir::upstream {
namespace {

using Kind = SourceAnswer::Kind;

// Linksharing's 403 may be a bandwidth limit that is used up: not for ever, but for longer than a moment.
constexpr Duration kRefusalPause{300'000};

SourceAnswer of_kind(Kind kind, std::string reason, std::optional<Duration> pause = std::nullopt) {
  return {kind, {}, pause, std::move(reason)};
}

bool is_whole(const SourceQuestion& question) {
  return question.range == ByteRange{0, question.size};
}

bool is_page(const http::ResponseHead& head) {
  return http::starts_with_ignoring_case(head.fields.get("Content-Type"), "text/html");
}

// The sha256 that the source says its file has, of which a Weir and the hub speak in these fields.
std::optional<Sha256> named_digest(const http::ResponseHead& head, const SourceQuestion& question) {
  bool speaks_of_it = question.source == SourceKind::mirror || question.source == SourceKind::peer;
  if (!speaks_of_it || question.answerer == SourceQuestion::Answerer::another) return std::nullopt;
  if (head.fields.has("X-Linked-ETag")) return hub::digest_in_etag(head.fields.get("X-Linked-ETag"));
  auto tag = strong_tag(head.fields);
  return tag ? Sha256::from_hex(tag->opaque) : std::nullopt;
}

bool names_another_file(const http::ResponseHead& head, const SourceQuestion& question) {
  auto digest = named_digest(head, question);
  if (digest && *digest != question.digest) return true;
  auto size = http::parse_decimal(head.fields.get("X-Linked-Size"));
  return question.source == SourceKind::mirror && size && *size != question.size;
}

SourceAnswer judge_whole(const http::ResponseHead& head, const SourceQuestion& question) {
  const auto* given = head.fields.find("Content-Length");
  auto length = given ? http::parse_decimal(*given) : std::nullopt;
  if (is_page(head) && length != question.size) return of_kind(Kind::has_not, "it sends a page in place of the file");
  if (given && length != question.size)
    return of_kind(Kind::lies, "it says that the file has " + *given + " bytes where the hub said " +
                                   std::to_string(question.size));
  if (!is_whole(question)) return of_kind(Kind::unfit, "it ignores Range and sends the whole file");
  return {Kind::use, question.range, std::nullopt, ""};
}

SourceAnswer judge_part(const http::ResponseHead& head, const SourceQuestion& question) {
  auto given = http::parse_content_range(head.fields.get("Content-Range"));
  if (!given || head.fields.count("Content-Range") > 1)
    return of_kind(Kind::lies, "its 206 has no Content-Range that can be read");
  if (given->size != question.size)
    return of_kind(Kind::lies, "its Content-Range says that the file has " + std::to_string(given->size) +
                                   " bytes where the hub said " + std::to_string(question.size));
  if (given->range.begin != question.range.begin || given->range.end > question.range.end)
    return of_kind(Kind::lies, "it sent another range than the one that was asked for");
  const auto* length = head.fields.find("Content-Length");
  if (length && http::parse_decimal(*length) != given->range.size())
    return of_kind(Kind::lies, "its Content-Length contradicts its Content-Range");
  return {Kind::use, given->range, std::nullopt, ""};
}

SourceAnswer judge_bytes(const http::ResponseHead& head, const SourceQuestion& question) {
  auto encoding = head.fields.get("Content-Encoding");
  if (!encoding.empty() && !http::equals_ignoring_case(encoding, "identity"))
    return of_kind(Kind::unfit, "it encodes files although that was not asked for");
  return head.status == 200 ? judge_whole(head, question) : judge_part(head, question);
}

// RFC 9110, section 15.5.17: the answer may say how long the file is.
SourceAnswer judge_unsatisfiable(const http::ResponseHead& head, const SourceQuestion& question) {
  auto size = head.fields.get("Content-Range");
  constexpr std::string_view kUnsatisfied = "bytes */";
  if (size.starts_with(kUnsatisfied) && http::parse_decimal(size.substr(kUnsatisfied.size())) != question.size)
    return of_kind(Kind::lies, "it says that the file has another length than the hub said");
  return of_kind(Kind::has_not, "it has not this part of the file");
}

SourceAnswer judge_redirect(const http::ResponseHead& head, const SourceQuestion& question) {
  // Linksharing leads a key that is also a prefix to a listing.
  if (question.source == SourceKind::storj && head.status == 303)
    return of_kind(Kind::has_not, "it has a folder of that name");
  if (question.source == SourceKind::peer) return of_kind(Kind::refuses, "it redirects, which no Weir does");
  return of_kind(Kind::redirect, "the answer was " + std::to_string(head.status));
}

}  // namespace

SourceAnswer judge_source_answer(const http::ResponseHead& head, const SourceQuestion& question) {
  auto status = "the answer was " + std::to_string(head.status);
  bool gives = head.status == 200 || head.status == 206 || is_redirect(head.status);
  if (gives && names_another_file(head, question)) return of_kind(Kind::has_not, "it has another file of that name");
  if (head.status == 200 || head.status == 206) return judge_bytes(head, question);
  if (is_redirect(head.status)) return judge_redirect(head, question);
  auto wait = retry_after(head.fields);
  switch (head.status) {
    case 404:
    case 410:
      return of_kind(Kind::has_not, status);
    case 403:
      if (question.source == SourceKind::storj) {
        return of_kind(Kind::refuses, status + ": access denied, or a bandwidth limit is used up",
                       wait.value_or(kRefusalPause));
      }
      return of_kind(Kind::refuses, status);
    case 416:
      return judge_unsatisfiable(head, question);
    case 429:
      return of_kind(Kind::busy, status, wait);
    case 408:
      return of_kind(Kind::fails, status, wait);
    default:
      break;
  }
  if (head.status >= 500) return of_kind(Kind::fails, status, wait);
  return of_kind(Kind::refuses, status);
}

}  // namespace weir::upstream
