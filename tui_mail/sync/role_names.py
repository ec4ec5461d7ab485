"""How mail programs call the folders with a role in many languages, for servers that tell no special use.

One line a language; names are compared without case, so they stand here as they are usually written.
"""

from tui_mail.model.folder import Role

ARCHIVE = """
Archive, Archives
Archiv
Archivées
Archivo, Archivados, Archivar
Archivio, Archiviati
Arquivo, Arquivados, Arquivo morto
Archief
Arkiv, Arkivert, Arkiverat
Arkisto
Archiwum
Archív, Archivované
Archívum
Arhivă, Arhiva
Архив, Архів, Архива
Αρχειοθέτηση, Αρχείο
Arşiv
Arsip
Lưu trữ
アーカイブ
보관함, 보관
存档, 归档, 封存, 保存
الأرشيف, أرشيف
ארכיון
Arxiu
Archyvas, Arhīvs, Arhiiv
"""
DRAFTS = """
Drafts, Draft
Entwürfe, Entwurf
Brouillons, Brouillon
Borradores, Borrador
Bozze, Bozza
Rascunhos, Rascunho
Concepten, Concept, Conceptberichten
Utkast, Kladder, Kladde
Luonnokset
Kopie robocze, Szkice, Robocze
Koncepty, Rozepsané, Rozpísané
Piszkozatok
Ciorne, Schițe
Черновики, Чернетки, Чернови, Нацрти
Πρόχειρα
Taslaklar
Konsep, Draf
Thư nháp, Nháp
下書き
임시 보관함, 임시보관함
草稿, 草稿箱
المسودات, مسودات
טיוטות
Esborranys, Zirriborroak
Skice, Nacrti, Osnutki
Juodraščiai, Melnraksti, Mustandid
"""
JUNK = """
Junk, Spam, Junk E-mail, Junk Email, Junk Mail, Bulk Mail, Bulk
Spamverdacht, Werbung, Unerwünscht, Unerwünschte Werbung
Indésirables, Courrier indésirable, Pourriel
Correo no deseado, No deseado
Posta indesiderata, Indesiderata
Lixo eletrônico, Lixo Electrónico, Correio eletrônico não solicitado, Email não solicitado
Ongewenste e-mail, Ongewenst
Skräppost, Søppelpost, Uønsket e-mail, Uønsket e-post
Roskaposti
Wiadomości-śmieci, Niechciane
Nevyžádaná pošta, Nevyžiadaná pošta
Levélszemét
Mesaje nedorite
Нежелательная почта, Спам, Небажана пошта, Нежелана пошта
Ανεπιθύμητα
Gereksiz, Gereksiz E-posta, İstenmeyen
Pesan Sampah
Thư rác
迷惑メール
정크 메일, 스팸, 스팸메일함
垃圾邮件, 垃圾郵件
البريد غير المرغوب, بريد مزعج
דואר זבל, דואר לא רצוי
Correu brossa, Zabor-posta
Neželjena pošta, Vsiljena pošta
Šlamštas, Mēstules, Rämpspost
"""
SENT = """
Sent, Sent Items, Sent Messages, Sent Mail, Sent Objects
Gesendet, Gesendete Elemente, Gesendete Objekte, Gesendete Nachrichten, Postausgang gesendet
Envoyés, Éléments envoyés, Messages envoyés, Courrier envoyé
Enviados, Elementos enviados, Mensajes enviados
Inviati, Inviata, Posta inviata, Elementi inviati
Enviadas, Itens enviados, Mensagens enviadas, E-mails enviados
Verzonden, Verzonden items, Verzonden berichten
Skickat, Skickade, Skickade objekt, Sendt, Sendte elementer, Sendt post
Lähetetyt, Lähetetyt viestit
Wysłane, Elementy wysłane
Odeslané, Odeslaná pošta, Odoslané, Odoslaná pošta
Elküldött, Elküldött elemek
Trimise, Elemente trimise
Отправленные, Отправленные письма, Надіслані, Відправлені, Изпратени, Послато
Απεσταλμένα
Gönderilenler, Gönderilmiş, Gönderilmiş Öğeler
Terkirim, Item Terkirim, Pesan Terkirim
Đã gửi, Thư đã gửi
送信済み, 送信済みメール, 送信済みアイテム
보낸 편지함, 보낸편지함, 보낸메일함
已发送, 已发送邮件, 已傳送, 寄件備份
المرسل, البريد المرسل, العناصر المرسلة
נשלח, דואר שנשלח, פריטים שנשלחו
Enviats, Bidaliak
Poslano, Poslana pošta
Išsiųsta, Išsiųsti, Nosūtītie, Saadetud
"""
TRASH = """
Trash, Deleted, Deleted Items, Deleted Messages, Bin, Wastebasket, Rubbish
Papierkorb, Gelöscht, Gelöschte Elemente, Gelöschte Objekte
Corbeille, Éléments supprimés, Messages supprimés
Papelera, Elementos eliminados, Eliminados
Cestino, Posta eliminata, Elementi eliminati
Lixeira, Lixo, Itens excluídos, Itens eliminados
Prullenbak, Verwijderde items, Verwijderde berichten
Papperskorgen, Borttaget, Papirkurv, Slettet post, Slettede elementer
Roskakori, Poistetut
Kosz, Elementy usunięte, Usunięte
Koš, Odstraněná pošta, Kôš, Odstránené
Kuka, Törölt elemek, Lomtár
Coș de gunoi, Elemente șterse, Gunoi
Корзина, Удаленные, Удалённые, Кошик, Видалені, Кошче, Смеће
Κάδος απορριμμάτων, Διαγραμμένα
Çöp, Çöp Kutusu, Silinmiş Öğeler, Silinenler
Sampah, Item Dihapus, Kotak Sampah
Thùng rác, Đã xóa
ゴミ箱, ごみ箱, 削除済みアイテム
휴지통, 지운 편지함
已删除, 已删除邮件, 垃圾桶, 回收桶, 刪除的郵件
المهملات, سلة المهملات, العناصر المحذوفة
אשפה, פריטים שנמחקו
Paperera, Zakarrontzia
Smeće, Koš za smeti
Šiukšlinė, Atkritne, Prügikast
"""


def _read(names: str) -> list[str]:
    return [
        name.strip().casefold() for line in names.splitlines() for name in line.split(",") if name.strip()
    ]


BY_NAME = {
    name: role
    for role, names in (
        (Role.ARCHIVE, ARCHIVE),
        (Role.DRAFTS, DRAFTS),
        (Role.JUNK, JUNK),
        (Role.SENT, SENT),
        (Role.TRASH, TRASH),
    )
    for name in _read(names)
}
"""Role by name, without case."""
