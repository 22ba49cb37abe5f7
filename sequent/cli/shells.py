"""What each shell needs to ask Sequent itself what a line may be completed to."""

from __future__ import annotations

import os
from pathlib import Path

SCRIPTS = {
    "bash": r"""# bash completion for sequent: what there is, it is asked itself.
_sequent() {
  local word last="${COMP_WORDS[COMP_CWORD]}" line="${COMP_LINE:0:COMP_POINT}" behind=""
  [[ $last == ":" || $last == "=" ]] && last=""
  # What bash takes for words of their own, Sequent does not: before ":" and "=" all is typed already.
  local typed="${line##*[[:space:]]}"
  [[ $typed == *[:=]* ]] && behind="${typed%"${typed##*[:=]}"}"
  COMPREPLY=()
  while IFS= read -r word; do
    if [[ $word == ":files" ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$last")
    else
      [[ $word == *= ]] && compopt -o nospace 2>/dev/null
      COMPREPLY+=("${word#"$behind"}")
    fi
  done < <("${COMP_WORDS[0]}" _complete "$line" 2>/dev/null)
}
complete -F _sequent sequent
""",
    "zsh": r"""#compdef sequent
# zsh completion for sequent: what there is, it is asked itself.
_sequent() {
  local -a found
  local word files=0
  for word in ${(f)"$(${words[1]} _complete "${(j: :)${(@)words[1,CURRENT]}}" 2>/dev/null)"}; do
    case $word in
      :files) files=1 ;;
      *=) compadd -S "" -- "$word" ;;
      *) found+=("$word") ;;
    esac
  done
  (( $#found )) && compadd -- $found
  (( files )) && _files
}
if [[ $funcstack[1] == _sequent ]]; then _sequent "$@"; else compdef _sequent sequent; fi
""",
    "fish": r"""# fish completion for sequent: what there is, it is asked itself.
function __sequent_complete
    set -l program (commandline -opc)[1]
    for word in ($program _complete (commandline -cp) 2>/dev/null)
        if test "$word" = ":files"
            __fish_complete_path (commandline -ct)
        else
            echo $word
        end
    end
end
complete -c sequent -f -a "(__sequent_complete)"
""",
}


def place_of(shell: str) -> Path:
    """Where a shell looks for completions of the user's own."""
    home = Path.home()
    if shell == "bash":
        data = os.environ.get("XDG_DATA_HOME") or home / ".local/share"
        folder = os.environ.get("BASH_COMPLETION_USER_DIR") or Path(data, "bash-completion")
        return Path(folder, "completions/sequent")
    if shell == "zsh":
        return Path(os.environ.get("ZDOTDIR") or home, ".zsh/completions/_sequent")
    return Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config", "fish/completions/sequent.fish")
