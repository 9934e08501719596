// SPDX-License-Identifier: Apache-2.0
#include "upstream/blob_answer.h"

#include <algorithm>

#include "http/date.h"
#include "http/range.h"
#include "http/text.h"
#include "upstream/redirect_trail.h"

namespace weir::upstream {
namespace {

using Kind = BlobAnswer::Kind;

constexpr uint64_t kMaxRetryAfterSeconds = 300;

BlobAnswer of_kind(Kind kind, std::string reason) {
  return BlobAnswer{kind, 0, std::nullopt, std::move(reason)};
}

BlobAnswer judge_whole(const http::ResponseHead& head, const BlobQuestion& question) {
  if (auto* length = head.fields.find("Content-Length"); length && http::parse_decimal(*length) != question.size)
    return of_kind(Kind::broken, "it says that the file has " + *length + " bytes where the hub said " +
                                     std::to_string(question.size));
  return BlobAnswer{Kind::use, question.offset, std::nullopt, ""};
}

BlobAnswer judge_part(const http::ResponseHead& head, const BlobQuestion& question) {
  auto range = http::parse_content_range(head.fields.get("Content-Range"));
  if (!range || head.fields.count("Content-Range") > 1)
    return of_kind(Kind::broken, "its 206 has no Content-Range that can be read");
  if (range->size != question.size)
    return of_kind(Kind::broken, "its Content-Range contradicts the size that the hub said");
  if (range->range.begin != question.offset)
    return of_kind(Kind::broken, "it sent another range than the one that was asked for");
  if (auto* length = head.fields.find("Content-Length"); length && http::parse_decimal(*length) != range->range.size())
    return of_kind(Kind::broken, "its Content-Length contradicts its Content-Range");
  return BlobAnswer{Kind::use, 0, std::nullopt, ""};
}

BlobAnswer judge_success(const http::ResponseHead& head, const BlobQuestion& question) {
  auto encoding = head.fields.get("Content-Encoding");
  if (!encoding.empty() && !http::equals_ignoring_case(encoding, "identity"))
    return of_kind(Kind::broken, "it is encoded (" + std::string(encoding) + ") although that was not asked for");
  auto answer = head.status == 200 ? judge_whole(head, question) : judge_part(head, question);
  auto tag = strong_tag(head.fields);
  if (answer.kind == Kind::use && question.tag && tag && *tag != *question.tag)
    return of_kind(Kind::changed, "the file has changed there while it was fetched: it has another ETag now");
  return answer;
}

std::optional<uint64_t> seconds_until(std::optional<int64_t> then, std::optional<int64_t> now) {
  if (!then || !now) return std::nullopt;
  return static_cast<uint64_t>(std::max(*then - *now, int64_t{0}));
}

}  // namespace

BlobAnswer judge_blob_answer(const http::ResponseHead& head, const BlobQuestion& question) {
  if (head.status == 200 || head.status == 206) return judge_success(head, question);
  auto status = "the answer was " + std::to_string(head.status);
  if (is_redirect(head.status)) return of_kind(Kind::redirect, status);
  auto wait = retry_after(head.fields);
  switch (head.status) {
    case 401:
    case 403:
    case 410:
      return of_kind(Kind::expired, status);
    case 408:
      return BlobAnswer{Kind::later, 0, wait, status};
    case 416:
      return of_kind(Kind::broken, status);
    case 429:
      return BlobAnswer{Kind::busy, 0, wait, status};
    default:
      break;
  }
  if (head.status >= 500) return BlobAnswer{Kind::later, 0, wait, status};
  return of_kind(Kind::refused, status);
}

std::optional<http::EntityTag> strong_tag(const http::Fields& answer) {
  auto tag = http::parse_entity_tag(answer.get("ETag"));
  return tag && !tag->weak ? tag : std::nullopt;
}

std::optional<Duration> retry_after(const http::Fields& answer) {
  auto value = answer.get("Retry-After");
  auto seconds = http::parse_decimal(value);
  if (!seconds) seconds = seconds_until(http::parse_date(value), http::parse_date(answer.get("Date")));
  if (!seconds) return std::nullopt;
  return Duration(1000 * static_cast<Duration::rep>(std::min(*seconds, kMaxRetryAfterSeconds)));
}

}  // namespace weir::upstream
