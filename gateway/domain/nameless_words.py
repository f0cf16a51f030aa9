"""Words that are names and words of the language as well, without accents; and the months.

A text that must name nobody may hold them, unless they are written as a name is. A word that is missing here
costs the writer another wording; one too many lets a name through that is written without a capital.
"""

from typing import Final

_MONTHS = """
janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre january
february march april may june july august september october november december
"""
_FRENCH = """
aime aimee amie ange avocat beau belle berger bien bienvenue blanc blanche blond blonde bois bonheur
bonne boulanger brave brun brune capucine celeste cerise champ champagne chance chevalier clair
claire clemence constance content cote desire desiree dimanche douce doux droit enfant enfants fait
famille femme fleur fontaine foret fort forte franc franche frere garcon grace grand grande gris
grise gros heureux homme honneur honore iris jasmin jeune joie joli jolie jour juste leger legere
long longue maison maitre marchand marguerite marin marine mere meunier modeste montagne moulin noel
noir noire olive page parent parents parfait patience petit petite pere pierre pomme pommier
printemps prudence prune riviere rose rouge roux sage sauvage soeur soleil tout toute vert verte
victoire vieux ville violette vivant vrai
"""
_ENGLISH = """
amber angel april autumn baker banks best bill bird bishop black brave bright brook brown carpenter
chambers chance chase child children christian church cook crystal daisy dawn destiny east faith
farmer father field fisher forest frank friend ginger gold good grant gray green grey hall harmony
hazel heather hill holly hope house hunter justice king knight lake lamb lily little love mark mason
melody miles mother north park parish pearl pope price prince rain rich river rock rocky ruby rush
serenity short silver small south star stone storm street strong summer sweet trinity walker west
white will winter wolf wood woods young
"""

MONTHS: Final = frozenset(_MONTHS.split())
ORDINARY: Final = MONTHS | frozenset(_FRENCH.split()) | frozenset(_ENGLISH.split())
