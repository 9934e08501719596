// SPDX-License-Identifier: Apache-2.0
#include "cli/repo_lister.h"

#include <utility>

namespace weir::cli {
namespace {

// A page has a thousand entries of some hundred bytes, the info of a revision a line for each of its files.
constexpr size_t kAnswerLimit = 256 << 20;

struct Document {
  HubAnswer answer;
  std::string text;
};

Result<Document> get(const HubClient& client, http::Url url) {
  std::string text;
  auto keep = [&](const http::ResponseHead&, std::string_view bytes) -> Result<void> {
    text += bytes;
    if (text.size() > kAnswerLimit) return fail(ErrorCode::origin, "it is too long");
    return {};
  };
  TRY_ASSIGN(auto answer, client.ask("GET", std::move(url), Redirects::relative, keep));
  if (answer.head.status != 200) return fail(refusal_of(answer.head));
  return Document{std::move(answer), std::move(text)};
}

Result<std::string> find_commit(const HubClient& client, const hub::Pin& wanted) {
  TRY_ASSIGN(auto url, client.url_of(revision_target(wanted.type, wanted.repo, wanted.revision)));
  TRY_ASSIGN(auto document, get(client, std::move(url)));
  return parse_commit(document.text);
}

Result<std::vector<TreeFile>> list_files(const HubClient& client, const hub::Pin& wanted, const std::string& commit) {
  TRY_ASSIGN(auto url, client.url_of(tree_target(wanted.type, wanted.repo, commit)));
  TreePages pages;
  for (;;) {
    TRY_ASSIGN(auto document, get(client, url));
    TRY(pages.add(document.answer.url, document.answer.head.fields, document.text));
    if (!pages.next()) return pages.take_files();
    url = *pages.next();
  }
}

}  // namespace

Result<RepoContents> list_repo(const HubClient& client, const hub::Pin& wanted) {
  auto commit = find_commit(client, wanted);
  if (!commit) return fail(commit.error().in("asking the hub about " + wanted.text()));
  auto files = list_files(client, wanted, *commit);
  if (!files) return fail(files.error().in("the hub's list of the files of " + wanted.text()));
  return RepoContents{std::move(*commit), std::move(*files)};
}

}  // namespace weir::cli
