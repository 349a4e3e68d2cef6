#include "base/words.h"

namespace drydock {

Result<std::vector<std::string>> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    // NOLINTNEXTLINE(bugprone-branch-clone): only the case between them knows backslashes
    if (quote == '\'') {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == '\\' &&
               (!quote || (i + 1 < text.size() && std::string_view("\"\\$`").find(text[i + 1]) !=
                                                      std::string_view::npos))) {
      if (++i == text.size())
        return fail(Errc::kInvalid, "\"" + std::string(text) + "\" ends in a backslash");
      word += text[i];
      in_word = true;
    } else if (quote) {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote) return fail(Errc::kInvalid, "\"" + std::string(text) + "\" has an open " + quote);
  if (in_word) words.push_back(std::move(word));
  return words;
}

}  // namespace drydock
