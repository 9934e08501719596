// SPDX-License-Identifier: Apache-2.0
#include "hub/file_answer.h"

#include "http/text.h"
#include "hub/regular_file.h"
#include "hub/resolve_head.h"

namespace weir::hub {
namespace {

constexpr std::string_view kRegularFiles = "/api/resolve-cache/";

bool is_refusal(int status) {
  return status == 401 || status == 403 || status == 404;
}

// A commit has no such file: said of the file, not of the repository.
bool says_absent(const http::ResponseHead& head) {
  return head.status == 404 && head.fields.get("X-Error-Code") == "EntryNotFound";
}

// Said of a part of a repository, to somebody who may read it.
bool says_part_is_absent(const http::ResponseHead& head) {
  return says_absent(head) || (head.status == 404 && head.fields.get("X-Error-Code") == "RevisionNotFound");
}

FileHead lfs_head(const FileRedirect& file, const http::Fields& fields) {
  FileHead head;
  head.digest = file.digest;
  head.size = file.size;
  auto own = file_fields(fields, file.digest);
  head.fields = kept_fields(own);
  head.fields.set("ETag", own.get("ETag"));
  return head;
}

FileHead regular_head(const http::ResponseHead& answer) {
  FileHead head;
  head.kind = FileHead::Kind::regular;
  head.status = answer.status;
  head.fields = kept_fields(answer.fields);
  head.fields.remove("Content-Type");
  head.fields.set("Location", answer.fields.get("Location"));
  return head;
}

FileHead absent_head(const http::ResponseHead& answer) {
  FileHead head;
  head.kind = FileHead::Kind::absent;
  head.status = answer.status;
  head.fields = kept_fields(answer.fields);
  for (auto name : {"X-Error-Code", "X-Error-Message"})
    if (answer.fields.has(name)) head.fields.set(name, answer.fields.get(name));
  head.fields.set("Content-Type", "text/plain; charset=utf-8");
  head.body = answer.fields.has("X-Error-Message") ? std::string(answer.fields.get("X-Error-Message"))
                                                   : std::string("Entry not found");
  return head;
}

}  // namespace

ToldOfFile told_of_file(const ResolveAnswer& answer, const http::ResponseHead& head) {
  ToldOfFile told;
  auto commit = head.fields.get("X-Repo-Commit");
  if (is_commit(commit)) told.commit = http::lower_case(commit);
  if (answer.file) {
    told.permits = Right::all_files;
    if (answer.verdict == ResolveVerdict::file) told.head = lfs_head(*answer.file, head.fields);
  } else if (answer.verdict == ResolveVerdict::no_digest && head.fields.get("Location").starts_with(kRegularFiles)) {
    told.permits = Right::regular_files;
    told.head = regular_head(head);
  } else if (says_absent(head)) {
    told.head = absent_head(head);
  } else {
    told.withdraws = withdrawn_by(head);
  }
  return told;
}

std::optional<Withdrawal> withdrawn_by(const http::ResponseHead& head) {
  if (!is_refusal(head.status) || says_part_is_absent(head)) return std::nullopt;
  auto code = head.fields.get("X-Error-Code");
  // Gating closes the files of a repository; its metadata stays public.
  bool gated = code == "GatedRepo";
  // Without a code it may be the credentials that are wrong.
  bool of_repository = gated || code == "RepoNotFound";
  return Withdrawal{gated ? Right::regular_files : Right::metadata,
                    of_repository ? Withdrawal::Of::public_too : Withdrawal::Of::asker};
}

}  // namespace weir::hub
