"""Defines ``completion``, which lets a shell complete the commands and their options."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions
from sequent.cli.output.terminal import out
from sequent.cli.output.text import safe
from sequent.errors import UsageError

if TYPE_CHECKING:
    from typing import Annotated

    from cyclopts import Parameter

Shell = Literal["bash", "zsh", "fish"]
_SHELLS = get_args(Shell)
_SCRIPTS = {
    "bash": r"""# bash completion for sequent: it asks sequent for the words.
_sequent() {
  local word last="${COMP_WORDS[COMP_CWORD]}" line="${COMP_LINE:0:COMP_POINT}" behind=""
  [[ $last == [:=@] ]] && last=""
  # Bash begins a new word at ":", "=" and "@", Sequent does not: all before them is typed already.
  local typed="${line##*[[:space:]]}"
  [[ $typed == *[:=@]* ]] && behind="${typed%"${typed##*[:=@]}"}"
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
# zsh completion for sequent: it asks sequent for the words.
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
    "fish": r"""# fish completion for sequent: it asks sequent for the words.
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
"""The scripts by which each shell asks Sequent for completions."""


def completion(
    action: Annotated[Literal["install", "show"], Parameter(help="Write it to the shell's own place, or print it.")],
    shell: Annotated[Shell | None, Parameter(help="bash, zsh or fish; else the one that SHELL names.")] = None,
    /,
    *,
    options: GlobalOptions = DEFAULTS,
) -> int:
    """Let a shell complete commands, options, files, runs, their steps, and flows' parameters."""
    name = _shell(shell)
    if action == "show":
        out(_SCRIPTS[name].rstrip("\n"))
        return 0
    path = _place_of(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_SCRIPTS[name], encoding="utf-8")
    options.say(f"{safe(str(path))} is written; a new {name} completes sequent{_left_to_do(name, path)}")
    return 0


def _shell(named: Shell | None) -> Shell:
    """Return the named shell, else the user's own.

    Raises:
        UsageError: none is named, and there are no completions for the user's own.
    """
    own = Path(os.environ.get("SHELL", "")).name
    if named is None and own not in _SHELLS:
        raise UsageError(
            f"there is no completion for the shell {own!r}" if own else "no shell given, and SHELL is empty",
            hint=f"name one of {', '.join(_SHELLS)}: sequent completion show bash",
        )
    return named or cast("Shell", own)


def _left_to_do(shell: Shell, path: Path) -> str:
    if shell == "zsh":
        return f", once ~/.zshrc has this line before compinit: fpath=({safe(str(path.parent))} $fpath)"
    return " (bash: the package bash-completion must be installed)" if shell == "bash" else ""


def _place_of(shell: str) -> Path:
    """Return the file in which a shell looks for a user's completions."""
    home = Path.home()
    if shell == "bash":
        data = os.environ.get("XDG_DATA_HOME") or home / ".local/share"
        folder = os.environ.get("BASH_COMPLETION_USER_DIR") or Path(data, "bash-completion")
        return Path(folder, "completions/sequent")
    if shell == "zsh":
        return Path(os.environ.get("ZDOTDIR") or home, ".zsh/completions/_sequent")
    return Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config", "fish/completions/sequent.fish")
