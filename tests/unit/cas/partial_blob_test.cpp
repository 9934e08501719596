// SPDX-License-Identifier: Apache-2.0
#include "cas/partial_blob.h"

#include <sys/xattr.h>
#include <unistd.h>

#include "tests/unit/base/temporary_folder.h"
#include "tests/unit/cas/test_folder.h"

namespace weir::cas {
namespace {

class PartialBlobTest : public StoreTest {
 protected:
  std::shared_ptr<PartialBlob> open(uint64_t size) {
    auto opened = store->open_partial(digest, size);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? *opened : nullptr;
  }
  std::shared_ptr<PartialBlob> open() { return open(text.size()); }
  bool is_quarantined(std::string_view bytes) {
    for (auto& file : std::filesystem::directory_iterator(root / "quarantine"))
      if (text_of(file.path()) == bytes && file.path().stem() == digest.hex()) return true;
    return false;
  }

  std::string text = "the whole text";
  Sha256 digest = sha256(text);
};

TEST_F(PartialBlobTest, is_published_once_it_is_whole) {
  auto blob = open();
  EXPECT_EQ(mode_of(partial(digest)), 0600U);
  ASSERT_TRUE(blob->append("the whole"));
  EXPECT_EQ(get(digest), "(absent)");
  ASSERT_TRUE(blob->append(" text"));
  EXPECT_EQ(get(digest), "(absent)") << "all bytes, and not verified";
  auto published = blob->commit();
  ASSERT_TRUE(published) << published.error().message;
  EXPECT_EQ((*published)->digest(), digest);
  EXPECT_EQ(text_of_blob(**published, text.size()), text);
  EXPECT_EQ(get(digest), text);
  EXPECT_EQ(mode_of(object(digest)), 0400U);
  EXPECT_FALSE(is_there(partial(digest)));
}

TEST_F(PartialBlobTest, is_read_through_the_same_file_while_and_after_it_is_published) {
  auto blob = open();
  std::shared_ptr<const BlobFile> file = blob->file();
  ASSERT_TRUE(blob->append("the whole"));
  EXPECT_EQ(text_of_blob(*file, blob->readable()), "the whole");
  ASSERT_TRUE(blob->append(" text"));
  auto published = blob->commit();
  ASSERT_TRUE(published);
  EXPECT_EQ((*published)->file(), file);
  blob.reset();
  published = fail(ErrorCode::cancelled, "let go");
  store.reset();
  EXPECT_EQ(text_of_blob(*file, file->size()), text);
}

TEST_F(PartialBlobTest, of_zero_bytes_is_published) {
  digest = sha256("");
  auto blob = open(0);
  ASSERT_TRUE(blob->commit());
  EXPECT_TRUE(store->has(digest));
  EXPECT_EQ(get(digest), "");
}

TEST_F(PartialBlobTest, is_never_published_by_its_destructor) {
  ASSERT_TRUE(open()->append(text));
  EXPECT_EQ(get(digest), "(absent)");
  EXPECT_FALSE(is_there(object(digest)));
  EXPECT_EQ(text_of(partial(digest)), text) << "the bytes stay";
}

TEST_F(PartialBlobTest, resumes_over_a_restart) {
  ASSERT_TRUE(open()->append("the whole"));
  reopen();
  auto blob = open();
  EXPECT_EQ(blob->readable(), 9U);
  EXPECT_EQ(blob->hashed(), 0U);
  EXPECT_EQ(blob->rehash(4), 5U);
  EXPECT_EQ(blob->rehash(1000), 0U);
  ASSERT_TRUE(blob->append(" text"));
  ASSERT_TRUE(blob->commit());
  EXPECT_EQ(get(digest), text);
}

TEST_F(PartialBlobTest, says_after_a_restart_of_which_version_it_is) {
  if (!keeps_attributes(root)) GTEST_SKIP() << "this file system keeps no attributes";
  open()->set_version("one");
  {
    auto blob = open();
    EXPECT_EQ(blob->former_version(), "one");
    blob->set_version("two");
    blob->set_version(std::string(kMaxAttribute + 1, 'x'));
  }
  EXPECT_EQ(open()->former_version(), "") << "one that cannot be kept is unknown, not the one before";
  open()->set_version("two");
  auto blob = open();
  EXPECT_EQ(blob->former_version(), "two");
  ASSERT_TRUE(blob->append(text));
  ASSERT_TRUE(blob->commit());
  EXPECT_EQ(::getxattr(object(digest).c_str(), "user.weir.version", nullptr, 0), -1);
}

TEST_F(PartialBlobTest, that_is_whole_after_a_restart_needs_only_the_commit) {
  ASSERT_TRUE(open()->append(text));
  reopen();
  auto blob = open();
  EXPECT_EQ(blob->readable(), blob->size());
  ASSERT_TRUE(blob->commit());
  EXPECT_EQ(get(digest), text);
}

TEST_F(PartialBlobTest, with_a_wrong_resumed_part_is_quarantined) {
  write_text(partial(digest), "THE whole");
  auto blob = open();
  ASSERT_TRUE(blob->append(" text"));
  auto published = blob->commit();
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().code, ErrorCode::digest_mismatch);
  EXPECT_TRUE(is_quarantined("THE whole text"));
}

TEST_F(PartialBlobTest, with_wrong_bytes_is_removed_where_there_is_no_quarantine) {
  std::filesystem::remove_all(root / "quarantine");
  write_text(root / "quarantine", "a file in its place");
  auto blob = open();
  ASSERT_TRUE(blob->append("the WHOLE text"));
  auto file = blob->file();
  EXPECT_EQ(blob->commit().error().code, ErrorCode::digest_mismatch);
  EXPECT_FALSE(is_there(partial(digest)));
  char byte = 0;
  EXPECT_EQ(::pread(file->fd(), &byte, 1, 0), 0) << "nobody reads them any more";
  blob.reset();
  EXPECT_EQ(open()->present(), 0U);
}

TEST_F(PartialBlobTest, with_wrong_bytes_is_quarantined_and_can_start_over) {
  auto blob = open();
  std::shared_ptr<const BlobFile> file = blob->file();
  ASSERT_TRUE(blob->append("the wrong text"));
  auto published = blob->commit();
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().code, ErrorCode::digest_mismatch);
  EXPECT_TRUE(is_quarantined("the wrong text"));
  EXPECT_FALSE(is_there(partial(digest)));
  EXPECT_FALSE(is_there(object(digest)));
  EXPECT_EQ(get(digest), "(absent)");
  EXPECT_FALSE(blob->append("x"));
  EXPECT_FALSE(blob->rehash(1));
  EXPECT_FALSE(blob->commit());
  EXPECT_FALSE(blob->discard());

  blob.reset();
  blob = open();
  EXPECT_EQ(blob->readable(), 0U);
  ASSERT_TRUE(blob->append(text) && blob->commit());
  EXPECT_EQ(get(digest), text);
}

TEST_F(PartialBlobTest, that_is_too_short_is_quarantined_at_commit) {
  auto blob = open();
  ASSERT_TRUE(blob->append("the whole"));
  auto published = blob->commit();
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().code, ErrorCode::digest_mismatch);
  EXPECT_TRUE(is_quarantined("the whole"));
}

// The digest is right, and the length that was promised is not.
TEST_F(PartialBlobTest, of_another_length_than_promised_is_not_stored) {
  auto blob = open(text.size() + 1);
  ASSERT_TRUE(blob->append(text));
  EXPECT_FALSE(blob->commit());
  EXPECT_EQ(get(digest), "(absent)");
}

TEST_F(PartialBlobTest, whose_file_was_cut_by_somebody_else_is_not_stored) {
  auto blob = open();
  ASSERT_TRUE(blob->append(text));
  std::filesystem::resize_file(partial(digest), 3);
  auto published = blob->commit();
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().code, ErrorCode::digest_mismatch);
}

TEST_F(PartialBlobTest, takes_no_byte_beyond_its_size) {
  auto blob = open();
  ASSERT_TRUE(blob->append("the whole"));
  auto appended = blob->append(" text!");
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, ErrorCode::digest_mismatch);
  EXPECT_EQ(blob->readable(), 9U);
  ASSERT_TRUE(blob->append(" text"));
  EXPECT_FALSE(blob->append("!"));
  EXPECT_TRUE(blob->commit());
}

TEST_F(PartialBlobTest, is_one_at_a_time) {
  auto first = open();
  auto second = store->open_partial(digest, text.size());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::busy);
  EXPECT_TRUE(store->open_partial(sha256("other"), 5)) << "another digest is free";
  first.reset();
  EXPECT_TRUE(open());
}

TEST_F(PartialBlobTest, is_removed_by_discard) {
  auto blob = open();
  ASSERT_TRUE(blob->append("the whole") && blob->discard());
  EXPECT_FALSE(is_there(partial(digest)));
  EXPECT_FALSE(blob->append("x"));
  blob.reset();
  EXPECT_EQ(open()->readable(), 0U);
  EXPECT_EQ(files_in(root / "quarantine"), 0U);
}

TEST_F(PartialBlobTest, refuses_an_impossible_size) {
  auto opened = store->open_partial(digest, ~uint64_t{0});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::invalid);
}

// Whoever names a smaller size must not cost others what has come.
TEST_F(PartialBlobTest, left_longer_than_its_size_is_kept_and_refused) {
  write_text(partial(digest), text + " and more");
  auto refused = store->open_partial(digest, text.size());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid);
  EXPECT_EQ(text_of(partial(digest)), text + " and more");
}

TEST_F(PartialBlobTest, follows_no_link) {
  write_text(folder.path() / "precious", "precious");
  std::filesystem::create_symlink(folder.path() / "precious", partial(digest));
  auto blob = open();
  EXPECT_EQ(blob->readable(), 0U);
  ASSERT_TRUE(blob->append(text) && blob->commit());
  EXPECT_EQ(text_of(folder.path() / "precious"), "precious");
  EXPECT_EQ(get(digest), text);
}

TEST_F(PartialBlobTest, writes_to_no_file_with_a_second_name) {
  write_text(folder.path() / "precious", "prec");
  std::filesystem::create_hard_link(folder.path() / "precious", partial(digest));
  auto blob = open();
  EXPECT_EQ(blob->readable(), 0U);
  ASSERT_TRUE(blob->append(text));
  EXPECT_EQ(text_of(folder.path() / "precious"), "prec");
}

TEST_F(PartialBlobTest, opens_no_pipe_and_no_folder) {
  ASSERT_EQ(::mkfifo(partial(digest).c_str(), 0600), 0);
  EXPECT_EQ(open()->readable(), 0U);
  std::filesystem::remove(partial(digest));
  std::filesystem::create_directory(partial(digest));
  EXPECT_EQ(open()->readable(), 0U);
}

// A kill in commit() between the change of mode and the rename.
TEST_F(PartialBlobTest, left_read_only_is_made_writable) {
  write_text(partial(digest), "the whole");
  ASSERT_EQ(::chmod(partial(digest).c_str(), 0400), 0);
  auto blob = open();
  EXPECT_EQ(mode_of(partial(digest)), 0600U);
  ASSERT_TRUE(blob->append(" text") && blob->commit());
}

TEST_F(PartialBlobTest, gives_way_to_a_blob_that_was_stored_meanwhile) {
  auto blob = open();
  ASSERT_TRUE(blob->append(text));
  put(text);
  auto published = blob->commit();
  ASSERT_TRUE(published) << published.error().message;
  EXPECT_EQ(text_of_blob(**published, text.size()), text);
  EXPECT_FALSE(is_there(partial(digest)));
  EXPECT_EQ(store->totals(), (Totals{1, text.size()}));
}

}  // namespace
}  // namespace weir::cas
